// process is written with escapes, with signs that show nothing around it.
// => {"n":3}
function pr\u{6f}cess(rows) {
  return { n:﻿rows.length };
}