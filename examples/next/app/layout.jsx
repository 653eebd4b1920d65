export const metadata = { title: 'Pictures from peer to peer' };

export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
