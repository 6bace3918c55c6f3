// Package engine is the JavaScript engine of one call at a time: QuickJS, whose whole heap lies in one block of memory.
//
// A VM compiles the code once and keeps a picture of the heap as it is then. Every call begins with a copy of that
// picture: realm, atoms, garbage and addresses are those of the first call, byte for byte, so that nothing of one call can
// reach another, and a fresh realm costs some 7 microseconds in the place of 900. The block's size is the memory limit.
//
// The world of a script is the language alone: no clock (it stands at 2000-01-01T00:00:00Z, in UTC), no randomness but
// seeded, no timers, workers, weak references, modules, files or network; console is captured. eval and Function stay: what
// they make lives in the same realm, under the same limits. A script can catch what it throws, but neither the end of its
// time nor that of its memory. Work that is left for later, such as what waits for a promise, is an error: nothing does it.
//
// What process returns is read once into JSON: keys whose value is undefined are left out, as everywhere in JSON, minus zero
// is zero, and whatever else JSON has no word for is refused with its path.
//
// The package walls nothing in: a fault of the engine itself could do what the process may. It is for the child of package
// script, and knows definition and the modules of QuickJS.
package engine

import (
	"strconv"

	"entrepot/definition"
)

// Column is an input column: a key of every row, and an entry of context.columns.
type Column struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Header string `json:"header"` // empty: null
}

// Config is what a VM is made for.
type Config struct {
	// Code is the tenant's, valid UTF-8 without NUL.
	Code    string   `json:"code"`
	Columns []Column `json:"columns"`
	Year    int      `json:"year"` // 0: null
	// Memory is the size of the heap in bytes.
	Memory int64 `json:"memory"`
	// Output is the longest JSON text that a call may give.
	Output int `json:"output"`
	// LogLines, LogBytes and LogLineRunes bound what is kept of the console.
	LogLines     int `json:"logLines"`
	LogBytes     int `json:"logBytes"`
	LogLineRunes int `json:"logLineRunes"`
}

// Site is the site whose rows a call is given.
type Site struct {
	Key  string `json:"key"`
	Name string `json:"name"` // empty: null
}

// Kind says what a cell holds.
type Kind uint8

// The kinds of cells.
const (
	Null Kind = iota
	Number
	Text
	False
	True
)

// Cell is a value of a row.
type Cell struct {
	Kind   Kind
	Number float64
	Text   []byte // valid UTF-8
}

// Line is what one call of a console function wrote.
type Line struct {
	Level   definition.LogLevel `json:"level"`
	Message string              `json:"message"`
}

// Fault is why a script did not do its work; the fields are those of script.Error.
type Fault struct {
	Code    definition.ImportErrorCode `json:"code"`
	Message string                     `json:"message"`
	Line    int                        `json:"line,omitempty"`
	Column  int                        `json:"column,omitempty"`
	Row     int64                      `json:"row,omitempty"`
	Params  []definition.Param         `json:"params,omitempty"`
}

// MemoryFault is the fault of a call that wants more memory than it may have.
func MemoryFault(bytes int64) *Fault {
	limit := strconv.FormatInt(bytes>>20, 10)
	return &Fault{
		Code: definition.ErrorScriptMemory,
		Message: "The script and its rows need more than " + limit + " MiB of memory: keep less at a time, or split the " +
			"site's rows.",
		Params: []definition.Param{{Name: "limit", Value: limit}},
	}
}

// CallTimeFault is the fault of a call that computed for too long.
func CallTimeFault() *Fault {
	return &Fault{
		Code: definition.ErrorScriptTimeout,
		Message: "The script computes for too long: look for a loop that does not end, or for work that grows faster than " +
			"the rows.",
	}
}

// ImportTimeFault is the fault of the call at whose time all calls of an import together have computed for too long.
func ImportTimeFault() *Fault {
	return &Fault{
		Code:    definition.ErrorScriptTimeout,
		Message: "The script has used the processor time of the whole import: make it do less for each site.",
	}
}
