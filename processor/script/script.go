// Package script runs the JavaScript of a definition, which is a tenant's and may do its worst, in a process of its own.
//
// A Runner is one import's: it re-executes the program itself as a child with an empty environment, no files, no system
// calls but the few that computing needs, bounds on memory and time, and a lower priority; in it are as many engines as
// calls may go on at a time. Each Call streams the rows of one site to an engine, which runs process(rows, context) in
// a realm that nobody used before, and answers with plain JSON and what the script wrote to its console. The same code,
// year and site with the same rows gives the same bytes, whatever was called before or goes on beside it.
//
// What the child says is checked like anything a stranger says: it may have been taken over. A child that dies or lies is
// killed and the call repeated in a new one, three times in all. Where the platform cannot wall a script in (anything but
// Linux on amd64 and arm64, or a kernel without seccomp) nothing runs: Start and Check answer PROCESSOR_UNAVAILABLE.
//
// It knows definition and package engine, which holds the JavaScript engine; nothing of processors, imports or databases.
// A program that uses it must call ServeIfChild first thing in main, and in the TestMain of every package whose tests
// run scripts.
package script

import (
	"fmt"
	"iter"
	"runtime"
	"time"

	"entrepot/definition"
)

// Column is an input column as a script sees it: a key of every row, and an entry of context.columns.
type Column struct {
	Name string
	Type definition.ColumnType
	// Header is the header in the file; empty when the file lacks the column, whose cells are null then.
	Header string
}

// Config is what Start needs: one version's code, for one import.
type Config struct {
	// Code is UTF-8, without NUL.
	Code string
	// Columns are the version's, in its order; names must differ.
	Columns []Column
	// Year is the import's; 0 when none was given: context.year is null then.
	Year int
	// VMs is how many calls go on at a time; 0 means GOMAXPROCS, at most 4. Each holds up to Limits.MemoryBytes.
	VMs int
	// Limits is DefaultLimits() where it is zero.
	Limits Limits

	// kind is another marker for the child, of tests that give it a child that lies.
	kind string
}

// Limits bound what a script may use. All must be positive; the zero Limits stand for DefaultLimits.
type Limits struct {
	// SourceBytes is the longest code.
	SourceBytes int
	// MemoryBytes is all that one call may hold at a time: the engine itself (some 0.3 MB), its rows (a row of three columns
	// takes some 200 bytes) and what it makes, garbage that was not yet collected too. What it would take beyond ends it with
	// SCRIPT_MEMORY, also where the code catches the error. At least 1 MiB, at most 1 GiB.
	MemoryBytes int64
	// CallCPU is how long one call may compute, in processor time, from the first line of the code to its last value read.
	// Handing over its rows is not counted.
	CallCPU time.Duration
	// CallWall is how long one call may take in all by the clock, on however busy a machine, rows included.
	CallWall time.Duration
	// ImportCPU is how long all calls of a Runner may compute, in processor time.
	ImportCPU time.Duration
	// RowBytes and Rows bound the encoded rows of one call.
	RowBytes int64
	Rows     int
	// OutputBytes is the longest JSON that a call may answer with.
	OutputBytes int
	// LogLines, LogBytes and LogLineRunes bound what of a call's console is kept: more lines are left out, and
	// LogTruncated says so; a longer line is cut.
	LogLines, LogBytes, LogLineRunes int
}

// DefaultLimits are the limits of a server that is not told otherwise.
func DefaultLimits() Limits {
	return Limits{
		SourceBytes:  definition.MaxCode,
		MemoryBytes:  64 << 20,
		CallCPU:      2 * time.Second,
		CallWall:     10 * time.Second,
		ImportCPU:    10 * time.Minute,
		RowBytes:     32 << 20,
		Rows:         1_000_000,
		OutputBytes:  1 << 20,
		LogLines:     1_000,
		LogBytes:     64 << 10,
		LogLineRunes: 1_000,
	}
}

// Site is the site that a call's rows are of.
type Site struct {
	Key string
	// Name is empty when the site is not a known one: context.site.name is null then.
	Name string
}

// Call is one call of process.
type Call struct {
	// Site is nil when the file has no site column: context.site is null then.
	Site *Site
	// Rows gives the encoded rows in the order that the script shall see, each valid until the next is asked for. Its error
	// ends the call and is what Call returns. It may be ranged over again: a call whose child crashed is repeated.
	Rows iter.Seq2[[]byte, error]
}

// Result is what came of a call.
type Result struct {
	// Output is the JSON text of what process returned: plain objects, arrays, strings, booleans, null and finite numbers in
	// their shortest form. Empty when the call failed.
	Output []byte
	// Log is what the script wrote to its console, in order.
	Log []LogLine
	// LogTruncated tells that lines were left out; one that was cut ends with "…".
	LogTruncated bool
}

// LogLine is one call of console.log and its like. Message may have several lines; other control characters than line
// breaks and tabs are shown as \x1b.
type LogLine struct {
	Level   definition.LogLevel `json:"level"`
	Message string              `json:"message"`
}

// Error tells why a script did not do its work. Its texts are safe to show to who may see the code.
type Error struct {
	// Code is one of SCRIPT_THREW, SCRIPT_TIMEOUT, SCRIPT_MEMORY, SCRIPT_OUTPUT_INVALID, LIMIT_EXCEEDED (code or rows of a
	// call), PROCESSOR_UNAVAILABLE and WORKER_CRASHED.
	Code definition.ImportErrorCode
	// Message says in one sentence what is wrong and what to do; it names no site. What a script threw is quoted, cut at 500
	// characters.
	Message string
	// Line and Column are the place in the code, from 1; 0 where it is not known.
	Line, Column int
	// Row is the number of the row that a thrown error names in its property row; 0 where it names none.
	Row int64
	// Params are the values in Message: line, column, row, path, limit, thrown.
	Params []definition.Param

	cause error
}

// Error gives code, place and message.
func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s at line %d, column %d: %s", e.Code, e.Line, e.Column, e.Message)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap gives the technical cause for the server's own log, such as the last words of a child that crashed; never to be
// shown. Mostly nil.
func (e *Error) Unwrap() error { return e.cause }

func (c Config) vms() int {
	if c.VMs > 0 {
		return c.VMs
	}
	return min(runtime.GOMAXPROCS(0), 4)
}
