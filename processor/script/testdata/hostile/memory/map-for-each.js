// Map.forEach visits what its callback adds.
// => SCRIPT_MEMORY
function process() {
  new Map([[0, 0]]).forEach((value, key, map) => map.set({ text: "x".repeat(1000) + map.size }, 1));
}