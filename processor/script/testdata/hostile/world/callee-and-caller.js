// Looking for who called process finds nobody.
// => {"caller":null}
function process() {
  let caller = null;
  try {
    caller = process.caller ?? null;
  } catch {}
  return { caller };
}