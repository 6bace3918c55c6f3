package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/prefixid"
	"entrepot/processor"
	"entrepot/processor/script"
)

// Compiler checks the code of processors. Its zero value is ready.
type Compiler struct{}

// CheckCode tells what is wrong with code, each problem with the place: it compiles, and runs what stands outside of
// functions, in a process of its own. Blank code, and what a version's own Check refuses, is not looked at. An error is
// the server's, or the end of ctx.
func (Compiler) CheckCode(ctx context.Context, code string) ([]definition.Problem, error) {
	if code == "" || len(definition.CheckCode(code)) > 0 {
		return nil, nil
	}
	err := script.Check(ctx, code)
	var wrong *script.Error
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &wrong) && wrong.Code != definition.ErrorWorkerCrashed:
		p := definition.Problem{
			Path: []string{"processorCode"}, Message: upperFirst(wrong.Message),
			Params: append([]definition.Param{{Name: "rule", Value: string(wrong.Code)}}, wrong.Params...),
		}
		return []definition.Problem{p}, nil
	}
	return nil, fmt.Errorf("check code: %w", err)
}

// engine runs the code of an attempt. Its process starts with the first call, for a file that cannot be accepted needs
// none.
type engine struct {
	config script.Config
	once   sync.Once
	runner *script.Runner
	err    error
}

// Call runs the code for the rows of one site.
func (e *engine) Call(ctx context.Context, c *script.Call) (*script.Result, error) {
	e.once.Do(func() { e.runner, e.err = script.Start(ctx, e.config) })
	if e.err != nil {
		return nil, e.err
	}
	return e.runner.Call(ctx, c)
}

// close ends the process.
func (e *engine) close() {
	e.once.Do(func() { e.err = errors.New("the engine is closed") })
	if e.runner != nil {
		_ = e.runner.Close() // it is gone, whatever it said last
	}
}

// processing is what the code of a version needs; all of it nil where it has none.
type processing struct {
	engine *engine
	spill  *processor.Spill
}

// prepareCode makes ready what the version's code needs to work on files with these columns.
func (a *attempt) prepareCode(own *part) (p processing, err error) {
	if a.version.Code == "" {
		return p, nil
	}
	limits := script.DefaultLimits()
	limits.SourceBytes, limits.MemoryBytes = a.Limits.ScriptBytes, a.Limits.ScriptMemoryBytes
	limits.CallCPU = time.Duration(a.Limits.ScriptCPUMillis) * time.Millisecond
	limits.Rows, limits.RowBytes = a.Limits.ScriptRows, a.Limits.ScriptInputBytes
	config := script.Config{Code: a.version.Code, VMs: a.Parallelism, Limits: limits}
	if a.run.Year != nil {
		config.Year = *a.run.Year
	}
	for i := range a.version.Columns {
		c := script.Column{Name: a.version.Columns[i].Name, Type: a.version.Columns[i].Type}
		if at := own.found[i]; at >= 0 {
			c.Header = own.header[at]
		}
		config.Columns = append(config.Columns, c)
	}
	p.engine = &engine{config: config}
	p.spill, err = processor.NewSpill(processor.SpillConfig{Dir: a.TempDir, MaxBytes: a.Limits.MaxSpillBytes})
	return p, err
}

// close gives back the process and the file.
func (p processing) close() {
	if p.engine != nil {
		p.engine.close()
	}
	if p.spill != nil {
		_ = p.spill.Close() // what cannot be removed, the system removes
	}
}

// scriptFailure is why an import failed whose code did. A row of an earlier import's file is named with that import, whose
// place in the chain its file tells.
func (a *attempt) scriptFailure(e *processor.ScriptError) *failureError {
	f := &failureError{Code: e.Code, Sentence: e.Message, Params: e.Params}
	if e.File > 0 {
		id := a.chain[e.File-1].run.ID
		f.Sentence += "; the row is one of the file of import " + id
		f.Params = append(slices.Clone(e.Params), definition.Param{Name: "importId", Value: id})
	}
	return f
}

// logLines are the rows for what the code wrote to its console.
func (a *attempt) logLines(lines []definition.LogLine) []*ent.ImportLogLineCreate {
	at := a.now()
	rows := make([]*ent.ImportLogLineCreate, len(lines))
	for i := range lines {
		l := &lines[i]
		rows[i] = a.DB.Client().ImportLogLine.Create().
			SetID(prefixid.New(prefixid.LogLine)).
			SetOrganizationID(a.run.OrganizationID).
			SetGroupID(a.run.GroupID).
			SetImportID(a.run.ID).
			SetPosition(i).
			SetLevel(l.Level).
			SetMessage(l.Message).
			SetNillableSiteKey(l.SiteKey).
			SetCreatedAt(at)
	}
	return rows
}

// codeOf is the code of a version; empty where aggregates do its work.
func codeOf(v *ent.ImportDefinitionVersion) string {
	if v.ProcessorCode == nil {
		return ""
	}
	return *v.ProcessorCode
}
