//go:build linux && (amd64 || arm64)

package script_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/processor/script"
)

// names is the file that lists everything that a script can name or get at. Each line is an object or function by its
// shortest path from the global object, and its own properties; a line that begins with # says why those below are there.
const names = "testdata/names.txt"

// walk lists what can be reached from the global object and from what process is given, level by level.
const walk = `function process(rows, context) {
  const paths = new Map([[globalThis, "globalThis"]]);
  const queue = [globalThis];
  const lines = [];
  const meet = (value, path) => {
    if ((typeof value === "object" || typeof value === "function") && value !== null && !paths.has(value)) {
      paths.set(value, path);
      queue.push(value);
    }
  };
  meet((function* () {})(), "generator");
  meet((async function* () {})(), "asyncGenerator");
  meet(async () => {}, "asyncFunction");
  meet(Object.getOwnPropertyDescriptor(function () { "use strict"; return arguments; }(), "callee").get, "thrower");
  for (const [name, iterable] of Object.entries({ array: [], map: new Map(), set: new Set(), text: "" })) {
    meet(Object.getPrototypeOf(iterable[Symbol.iterator]()), name + "Iterator");
  }
  meet(Object.getPrototypeOf("".matchAll(/a/g)), "matchIterator");
  meet(Object.getPrototypeOf(Iterator.from({ next() {} })), "wrappedIterator");
  meet(Object.getPrototypeOf([].values().map(() => 1)), "iteratorHelper");
  const own = [];
  for (let object; (object = queue.shift()) !== undefined; ) {
    const path = paths.get(object);
    const keys = Reflect.ownKeys(object);
    const shown = keys.map((key) => (typeof key === "symbol" ? "@@" + key.description.replace("Symbol.", "") : key));
    lines.push(path + ": " + shown.filter((key) => key !== "length" && key !== "name").join(" "));
    keys.forEach((key, i) => {
      const d = Object.getOwnPropertyDescriptor(object, key);
      const member = path === "globalThis" ? shown[i] : path + "." + shown[i];
      meet(d.value, member);
      meet(d.get, "get " + member);
      meet(d.set, "set " + member);
    });
    meet(Object.getPrototypeOf(object), path + ".[[Prototype]]");
  }
  return { lines };
}`

// The world of scripts is the one that was reviewed: whatever a new version of the engine adds to it is seen here first.
func TestNamesOfTheWorld(t *testing.T) {
	t.Parallel()
	limits := limitsFor("")
	limits.OutputBytes = 1 << 20
	o := run(t.Context(), t, walk, limits, 1).outcomes[0]
	require.Empty(t, o.Code, o.Message)
	var answer struct{ Lines []string }
	require.NoError(t, json.Unmarshal([]byte(o.Output), &answer))
	// Functions that have nothing but name and length are said by where they stand.
	var found []string
	for _, line := range answer.Lines {
		if path, properties, _ := strings.Cut(line, ": "); properties != "" && properties != "prototype" {
			found = append(found, path+": "+properties)
		}
	}
	reviewed, err := os.ReadFile(names)
	require.NoError(t, err)
	var listed []string
	for line := range strings.Lines(string(reviewed)) {
		if line = strings.TrimRight(line, "\n"); line != "" && line[0] != '#' {
			listed = append(listed, line)
		}
	}
	require.ElementsMatch(t, listed, found)
}

// What one call leaves behind in its world no other sees: neither in variables, nor in prototypes, nor in anything that
// the engine keeps.
func TestEachCallHasAFreshWorld(t *testing.T) {
	t.Parallel()
	const code = `
let calls = 0;
function process(rows, context) {
  const registered = Symbol.for("registered");
  const seen = [
    ++calls, typeof leak, [].leak, {}.leak, (() => {}).leak, "".leak, Object.keys(globalThis).join(),
    Object.getOwnPropertyNames(context).join(), rows.length, RegExp.$1, registered.leak, JSON.stringify([1]), Math.max(1, 2),
    Date.now(), Math.random(), [3, 1, 2].sort().join(), context.columns.length,
    String(Object.getOwnPropertySymbols(Object.prototype).length), new Error("x").stack,
  ];
  globalThis.leak = 1;
  Object.prototype.leak = Array.prototype.leak = Function.prototype.leak = String.prototype.leak = 1;
  Symbol.prototype.leak = 1;
  Object.prototype[registered] = 1;
  /(le)ak/.exec("leak");
  JSON.stringify = Math.max = Date.now = Math.random = () => 5;
  Array.prototype.sort = () => ["leak"];
  Error.prepareStackTrace = () => "leak";
  context.leak = context.columns.length = rows.length = 0;
  rows.__proto__.leak = process.leak = 1;
  console.log(seen.length);
  console.log = null;
  process = null;
  if (context.site.key === "throws") throw new Error("leak");
  if (context.site.key === "fills") "x".repeat(2 ** 29);
  return { text: seen.join("|") };
}`
	r, err := script.Start(t.Context(), script.Config{Code: code, Columns: columns, Year: 2024, VMs: 1, Limits: limitsFor("")})
	require.NoError(t, err)
	defer r.Close()
	var first outcome
	for i, key := range []string{"A", "throws", "A", "fills", "A", "A"} {
		result, err := r.Call(t.Context(), &script.Call{Site: &script.Site{Key: key}, Rows: threeRows()})
		o := outcomeOf(t, result, err)
		switch {
		case i == 0:
			require.Empty(t, o.Code, o.Message)
			require.Contains(t, o.Output, `"text":"1|undefined|`)
			require.NotContains(t, o.Output, "leak")
			first = o
		case key == "A":
			require.Equal(t, first, o, i)
		default:
			require.NotEmpty(t, o.Code)
		}
	}
}

// Random numbers come from the code, the year and the site: all else does not matter, these do.
func TestRandomNumbersAreTheImportsOwn(t *testing.T) {
	t.Parallel()
	const code = "function process() { return [Math.random(), Math.random()] }"
	random := func(code string, year int, site *script.Site) string {
		r, err := script.Start(t.Context(), script.Config{Code: code, Year: year, VMs: 1})
		require.NoError(t, err)
		defer r.Close()
		result, err := r.Call(t.Context(), &script.Call{Site: site, Rows: all()})
		require.NoError(t, err)
		return string(result.Output)
	}
	site := &script.Site{Key: "A"}
	same := random(code, 2024, site)
	require.Equal(t, same, random(code, 2024, &script.Site{Key: "A", Name: "its name does not matter"}))
	all := map[string]bool{
		same: true, random(code, 2025, site): true, random(code+" ", 2024, site): true,
		random(code, 2024, &script.Site{Key: "B"}): true, random(code, 2024, nil): true, random(code, 2024, &script.Site{}): true,
	}
	require.Len(t, all, 6)
}
