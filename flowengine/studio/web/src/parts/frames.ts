/** Where nothing is drawn, as in a tab that is not looked at, this long is waited instead. */
const AT_MOST = 60;

/** Do something once what has changed can be seen; return how to call it off. */
export function afterFrame(work: () => void): () => void {
  let timer = window.setTimeout(work, AT_MOST);
  const frame = requestAnimationFrame(() => {
    window.clearTimeout(timer);
    timer = window.setTimeout(work, 0);
  });
  return () => {
    window.clearTimeout(timer);
    cancelAnimationFrame(frame);
  };
}

/** Wait until what has changed can be seen: what takes long comes after it. */
export const shownFirst = () => new Promise<void>((done) => afterFrame(done));
