/** Where nothing is drawn, as in a tab that is not looked at, this long is waited instead. */
const AT_MOST = 60;

/** Wait until what has changed can be seen: what takes long comes after it. */
export const shownFirst = () =>
  new Promise<void>((done) => {
    window.setTimeout(done, AT_MOST);
    requestAnimationFrame(() => window.setTimeout(done, 0));
  });
