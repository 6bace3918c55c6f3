// Package processor turns the records of a file into results: one per site and period, each with the values that the
// definition's aggregates or its code compute.
//
// The importer makes an Aggregation, gives each of its goroutines a Worker, and feeds records from tabular to them.
// Every cell is checked and typed; a row with a fault changes no value. Results are exact and come out the same, byte
// for byte, however the rows were split between workers. Memory grows with the number of results, never with the number
// of rows.
//
// Where the version has code, accepted rows are kept by site in a Spill (in memory, and sorted in a temporary file where
// there are many) and handed to the code site by site, by Results; what it returns is checked before it becomes results.
//
// It knows definition, decimals, how rows are written for processor/script, and the standard library; nothing of the
// files that rows come from, databases or imports.
package processor

import (
	"cmp"
	"fmt"
	"runtime"
	"strconv"
	"sync"

	"entrepot/definition"
)

// Site is a known site. Only code asks for its Name.
type Site struct {
	ID, Key, Name string
}

// Sites finds a known site by its key, name or an alias; the caller decides how texts compare. Lookup gets trimmed texts
// and is called from all workers at once, at most once per text and worker as long as there are no more than twice
// MaxSites different ones.
type Sites interface {
	Lookup(text string) (Site, bool)
}

// Config is what New needs.
type Config struct {
	// Version must pass its own Check.
	Version definition.Version
	// Columns tells for each column of Version which cell of a record is its; -1 when the file lacks it. It is what
	// definition.MatchColumns returns.
	Columns []int
	// Year is the year that the import is for; 0 when none was given, which needs a PERIOD column.
	Year int
	// Sample is the first rows of the file, those left out that its reader refused: where the format does not say how
	// numbers and dates are written, their cells may prove it (1.234,56 and 31/12/2024 do). Only Cells and Kinds are looked
	// at, and not kept. The same sample must be given whenever the file is read, for the same cell to mean the same.
	Sample []Row
	// Earlier is the aggregation of a file that this one corrects, with the same version; nil for none. What its cells have
	// proven about a column holds here too, whatever the sample.
	Earlier *Aggregation
	// File tells the files of an import apart where code names one of their rows; see ScriptError.File. It is from 0 to
	// 65,535.
	File int
	// Serials tells how a workbook counts the days that stand as numbers in its date columns. The zero value is for other
	// files, where such a number is no date.
	Serials Serials
	// Sites is nil when no site is known.
	Sites Sites
	// MaxSites and MaxResults bound memory; 0 means definition.DefaultLimits. Sites and periods of rejected
	// rows count too, as far as they could be read.
	MaxSites, MaxResults int

	// Script and Spill are for a version with code and must be there then; the aggregations of one import share both.
	// Script may be called until Results returns.
	Script Script
	Spill  *Spill
	// Calls is how many calls of Script go on at a time; 0 means as many as there are processors, at most 4.
	Calls int
	// MaxLogLines is how many lines Log has at most; 0 means definition.DefaultLimits.
	MaxLogLines int
}

// LimitError tells that a file has more sites or results than an import may have, or that its rows take more of a
// temporary file, or the results of its processor more bytes (params: limit is sites, results, spill or resultBytes).
// Where several are exceeded, any of them may be told.
type LimitError struct {
	Code    definition.ImportErrorCode
	Message string
	Params  []definition.Param
}

// Error is the message.
func (e *LimitError) Error() string { return e.Message }

func newLimitError(what string, limit int) *LimitError {
	return limitError(what, int64(limit), "the file has more than %d "+what+", which is the most that one import may have")
}

// limitError writes the limit into the sentence.
func limitError(what string, limit int64, sentence string) *LimitError {
	return &LimitError{
		Code:    definition.ErrorLimitExceeded,
		Message: fmt.Sprintf(sentence, limit),
		Params:  []definition.Param{{Name: "limit", Value: what}, {Name: "max", Value: strconv.FormatInt(limit, 10)}},
	}
}

// Result is the outcome for one site and one period.
type Result struct {
	// SiteKey is the known site's key, else the text of the file; nil without a SITE_IDENTIFIER column.
	SiteKey *string
	// SiteID is empty for a site that is not known.
	SiteID string
	Year   int
	// Period is 1 to 12, 1 to 4, or 1, as PeriodUnit says.
	PeriodUnit definition.PeriodUnit
	Period     int
	// ProcessedData is an object of the outputs of this unit, in their order, without white space. Numbers are plain
	// decimals without exponent or trailing zeros, dates ISO 8601 texts, date-times RFC 3339 texts in the format's time
	// zone. An output without values is left out, but for COUNT, which is then 0; so it may be {} where aggregates made it.
	ProcessedData []byte
	// RowsProcessed counts the accepted rows of the site and period; it is never 0, but where code made a result for a
	// period that has no rows. Without a PERIOD column all of the site's rows count. RowsRejected counts rejected rows
	// whose site and period could be read.
	RowsProcessed, RowsRejected int64
}

// Aggregation computes the results of one file.
type Aggregation struct {
	plan                 *plan
	sites                Sites
	maxSites, maxResults int
	script               Script
	spill                *Spill
	calls, maxLogLines   int

	mutex   sync.Mutex
	workers []*Worker
	log     []definition.LogLine
}

const defaultCalls = 4

// New compiles the version. Its error names everything that is wrong with the config.
func New(c Config) (*Aggregation, error) {
	p, err := newPlan(c)
	if err != nil {
		return nil, fmt.Errorf("compile definition: %w", err)
	}
	defaults := definition.DefaultLimits()
	return &Aggregation{
		plan: p, sites: c.Sites, script: c.Script, spill: c.Spill,
		maxSites: cmp.Or(c.MaxSites, defaults.MaxSites), maxResults: cmp.Or(c.MaxResults, defaults.MaxResults),
		calls:       cmp.Or(c.Calls, min(runtime.GOMAXPROCS(0), defaultCalls)),
		maxLogLines: cmp.Or(c.MaxLogLines, defaults.MaxLogLines),
	}, nil
}

// Worker makes a worker for one goroutine.
func (a *Aggregation) Worker() *Worker {
	w := newWorker(a)
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.workers = append(a.workers, w)
	return w
}
