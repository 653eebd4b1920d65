// What it takes to prepare a photo of 12 megapixels, and for how long it holds up the page.

/** Runs in a page with the SDK: milliseconds of each preparation, and the longest the page's own messages had to wait meanwhile and at rest. */
export async function preparePhotos(page, times) {
  return page.evaluate(async (times) => {
    const [width, height] = [4000, 3000];
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    const colours = context.createLinearGradient(0, 0, width, height);
    ['#234', '#9bd', '#fda', '#532'].forEach((colour, i) => colours.addColorStop(i / 3, colour));
    context.fillStyle = colours;
    context.fillRect(0, 0, width, height);
    // The grain of a sensor: without it a JPEG has a tenth of a photo's bytes.
    const grain = new ImageData(512, 512);
    for (let i = 0; i < grain.data.length; i++) grain.data[i] = i % 4 === 3 ? 40 : Math.random() * 256;
    const tile = await createImageBitmap(grain);
    for (let y = 0; y < height; y += 512) for (let x = 0; x < width; x += 512) context.drawImage(tile, x, y);
    const photo = new File([await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })).arrayBuffer()], 'photo.jpg', { type: 'image/jpeg' });

    /** The longest gap between messages that the page posts to itself until `work` is done. */
    const longestGap = async (work) => {
      let [last, longest, over] = [performance.now(), 0, false];
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        if (!over) port2.postMessage(0);
      };
      port2.postMessage(0);
      await work();
      over = true;
      return longest;
    };
    const out = { bytes: photo.size, took: [], gaps: [], rest: [] };
    for (let i = 0; i < times; i++) {
      out.rest.push(await longestGap(() => new Promise((resolve) => setTimeout(resolve, 300))));
      const begun = performance.now();
      out.gaps.push(await longestGap(() => AgoraRTM.prepareImage(photo)));
      out.took.push(performance.now() - begun);
    }
    return out;
  }, times);
}
