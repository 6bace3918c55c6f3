// Texts that grow by pieces and are kept.
// => SCRIPT_MEMORY
function process() {
  const kept = [];
  for (let text = ""; ; kept.push(text)) text += "piece".repeat(100);
}