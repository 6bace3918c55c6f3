package definition

// Limits are the bounds that hold for every organization; the API shows them.
type Limits struct {
	// MaxFileBytes is the largest file that an upload URL is signed for.
	MaxFileBytes int64
	// MaxRows is the most data rows that a file may have, blank ones not counted.
	MaxRows int64
	// MaxColumns is the most columns that a file may have.
	MaxColumns int
	// MaxCellBytes is the most bytes in one cell; more sets the row aside.
	MaxCellBytes int
	// MaxRowBytes is the most bytes in one row; more sets the row aside.
	MaxRowBytes int
	// MaxUnpackedBytes is the most bytes that a packed file (gzip, zstd, the parts of a workbook) may unpack to.
	MaxUnpackedBytes int64
	// MaxUnpackRatio is how many times its packed size a file may unpack to, once that is more than 64 MiB.
	MaxUnpackRatio int
	// MaxRowErrors is how many row errors are kept; the counts are exact beyond it.
	MaxRowErrors int
	// MaxSites is the most sites in one import.
	MaxSites int
	// MaxResults is the most results of one import.
	MaxResults int
	// MaxSpillBytes is the most bytes of temporary file for rows of one import that wait for their processor.
	MaxSpillBytes int64
	// ScriptBytes is the most bytes of UTF-8 in the code of a processor.
	ScriptBytes int
	// ScriptMemoryBytes is the heap of one call of a processor.
	ScriptMemoryBytes int64
	// ScriptCPUMillis is how long one call of a processor may compute, in milliseconds of processor time.
	ScriptCPUMillis int
	// ScriptRows is the most rows that one call of a processor is given.
	ScriptRows int
	// ScriptInputBytes is the most bytes of rows that one call of a processor is given, as they are handed over: texts in
	// UTF-8, numbers as doubles.
	ScriptInputBytes int64
	// MaxLogLines is the most lines of a processor's console that one import keeps.
	MaxLogLines int
	// ConcurrentImports is how many imports of one organization run at a time, on all servers together; the others take
	// turns, in the order of their start. A server runs twice as many at a time, of several organizations.
	ConcurrentImports int
	// QueuedImports is how many imports of one organization may be PENDING at a time.
	QueuedImports int
	// UploadURLSeconds is how long a signed upload URL works.
	UploadURLSeconds int
	// PageSize is the most that a connection gives at once.
	PageSize int
	// DocumentBytes is the largest GraphQL document.
	DocumentBytes int
}

// DefaultLimits are the limits of a server that is not told otherwise.
func DefaultLimits() Limits {
	return Limits{
		MaxFileBytes:      2 << 30,
		MaxRows:           20_000_000,
		MaxColumns:        1_000,
		MaxCellBytes:      32 << 10,
		MaxRowBytes:       1 << 20,
		MaxUnpackedBytes:  2 << 30,
		MaxUnpackRatio:    250,
		MaxRowErrors:      1_000,
		MaxSites:          100_000,
		MaxResults:        100_000,
		MaxSpillBytes:     4 << 30,
		ScriptBytes:       MaxCode,
		ScriptMemoryBytes: 64 << 20,
		ScriptCPUMillis:   2_000,
		ScriptRows:        1_000_000,
		ScriptInputBytes:  32 << 20,
		MaxLogLines:       1_000,
		ConcurrentImports: 2,
		QueuedImports:     1_000,
		UploadURLSeconds:  900,
		PageSize:          100,
		DocumentBytes:     32 << 10,
	}
}
