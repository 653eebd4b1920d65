/** How users log in at a gateway: it tells its own demo, and that of any other gateway. */

/**
 * @typedef {object} Setup
 * @property {string} [app] the only app id that is served
 * @property {boolean} anyApp every app id is served
 * @property {'never' | 'always' | 'perApp' | 'unknown'} token whether logins need one
 * @property {boolean} originAllowed whether this page may use the gateway
 * @property {boolean} docs whether it has the documentation at docs/
 */

/** What holds for a gateway that does not say: everything may be needed. @type {Setup} */
const unknown = { anyApp: false, token: 'unknown', originAllowed: true, docs: false };

/**
 * @param {string} gateway its address, "" for the one that serves this page
 * @returns {Promise<Setup>}
 */
export async function askSetup(gateway) {
  try {
    const base = gateway ? `${gateway.replace(/\/$/, '')}/` : location.href;
    const url = new URL('demo.json', base);
    url.searchParams.set('origin', location.origin);
    const answer = await fetch(url);
    return answer.ok ? { ...unknown, ...(await answer.json()) } : unknown;
  } catch {
    return unknown; // it is away or has no demo: the login will say what is wrong
  }
}
