package processor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"entrepot/definition"
)

// plan is a version compiled for one file; workers share it and change nothing in it.
type plan struct {
	format   definition.Format
	names    []string     // of the version's columns
	settled  []settlement // of the version's columns
	columns  []column
	units    []unitPlan // from coarse to fine
	finest   unit
	location *time.Location
	turkish  bool // by the format's locale
	year     int
	serials  Serials
	// hasSite and hasPeriod tell whether the file has a column of that role.
	hasSite, hasPeriod bool
	rejectUnknown      bool

	// What follows is for a version with code: scripted says so, outputs are its outputs and byKey their indexes, and
	// present says for each column of the version which one of columns it is, -1 for none.
	scripted bool
	file     int
	outputs  []scriptOutput
	byKey    map[string]int
	present  []int
}

// reading is how the cells of a column are read; numbers, for every cell of the file is switched on them.
type reading uint8

const (
	asText reading = iota
	asNumber
	asInteger
	asBoolean
	asDate
	asDateTime
)

var readings = map[definition.ColumnType]reading{
	definition.TypeString:   asText,
	definition.TypeNumber:   asNumber,
	definition.TypeInteger:  asInteger,
	definition.TypeBoolean:  asBoolean,
	definition.TypeDate:     asDate,
	definition.TypeDateTime: asDateTime,
}

// column is one input column that the file has.
type column struct {
	index    int // of its cell
	schema   int // its place in the version
	reading  reading
	isSite   bool
	isPeriod bool
	required bool
	used     bool // an aggregate or code reads its values
	text     bool // as they stand in the file
	mixes    bool // a value would depend on the currency
	numbers  numberFormat
	dates    dateReader

	name      string
	kind      definition.ColumnType
	periods   []*definition.Layout // of a STRING column with the role PERIOD
	ownFormat bool
}

// unitPlan is what is computed for each period of one unit.
type unitPlan struct {
	unit    unit
	outputs []output
}

type output struct {
	key string // as JSON, with the colon
	op  operation
	// column is the index of its value, -1 when there is none.
	column int
	kind   definition.ColumnType
}

func newPlan(c Config) (*plan, error) {
	var wrong []error
	for _, problem := range c.Version.Check() {
		wrong = append(wrong, fmt.Errorf("%s: %s", strings.Join(problem.Path, "."), problem.Message))
	}
	if len(c.Columns) != len(c.Version.Columns) {
		wrong = append(wrong, fmt.Errorf("%d cell indexes for %d columns", len(c.Columns), len(c.Version.Columns)))
	}
	if c.Year < 0 || c.Year > 9999 {
		wrong = append(wrong, fmt.Errorf("year %d is not between 1 and 9999", c.Year))
	}
	if c.Earlier != nil && len(c.Earlier.plan.names) != len(c.Version.Columns) {
		wrong = append(wrong, errors.New("the earlier file was read with another version"))
	}
	if scripted := c.Version.Code != ""; scripted && (c.Script == nil || c.Spill == nil) {
		wrong = append(wrong, errors.New("a version with code needs a Script and a Spill"))
	}
	if c.Earlier != nil && c.Earlier.spill != c.Spill {
		wrong = append(wrong, errors.New("the earlier file has another Spill"))
	}
	if c.File < 0 || c.File > maxFile {
		wrong = append(wrong, fmt.Errorf("file %d is not between 0 and %d", c.File, maxFile))
	}
	if c.MaxSites < 0 || c.MaxResults < 0 || c.Calls < 0 || c.MaxLogLines < 0 {
		wrong = append(wrong, errors.New("a limit is below 0"))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	p := &plan{
		format:        c.Version.Format,
		turkish:       strings.HasPrefix(strings.ToLower(c.Version.Format.Locale), "tr"),
		year:          c.Year,
		serials:       c.Serials,
		rejectUnknown: c.Version.OnUnknownSite == definition.UnknownSiteReject,
		scripted:      c.Version.Code != "",
		file:          c.File,
	}
	var err error
	if p.location, err = c.Version.Format.Location(); err != nil {
		return nil, err
	}
	present, err := p.addColumns(c)
	if err != nil {
		return nil, err
	}
	if p.scripted {
		p.addScriptOutputs(&c.Version, present)
	} else {
		p.addOutputs(&c.Version, present)
	}
	p.learn(c.Sample, c.Earlier)
	if !p.hasPeriod && c.Year == 0 {
		wrong = append(wrong, errors.New("a year is required without a PERIOD column"))
	}
	if !p.hasPeriod && p.finest != yearly && !p.scripted {
		wrong = append(wrong, fmt.Errorf("a %s output needs a PERIOD column in the file", units[p.finest]))
	}
	return p, errors.Join(wrong...)
}

// addColumns compiles the columns that the file has, and returns by name where they are.
func (p *plan) addColumns(c Config) (map[string]int, error) {
	present := make(map[string]int)
	for i := range c.Version.Columns {
		p.names = append(p.names, c.Version.Columns[i].Name)
		if c.Columns[i] < 0 {
			continue
		}
		d := &c.Version.Columns[i]
		col := column{
			name: d.Name, index: c.Columns[i], schema: i, kind: d.Type, reading: readings[d.Type], required: d.Required,
			isSite: d.Role == definition.RoleSiteIdentifier, isPeriod: d.Role == definition.RolePeriod,
			ownFormat: d.Format != "", numbers: newNumberFormat(c.Version.Format),
		}
		switch {
		case d.Type == definition.TypeDate || d.Type == definition.TypeDateTime:
			var err error
			if col.dates, err = newDateReader(d, c.Version.Format); err != nil {
				return nil, err
			}
		case d.Type == definition.TypeString && d.Role == definition.RolePeriod:
			var err error
			if col.periods, err = compileLayouts(d, c.Version.Format); err != nil {
				return nil, err
			}
			locale, _ := definition.FindLocale(c.Version.Format.Locale)
			col.dates = dateReader{free: d.Format == "", order: locale.Days}
		}
		p.hasSite = p.hasSite || col.isSite
		p.hasPeriod = p.hasPeriod || col.isPeriod
		present[d.Name] = len(p.columns)
		p.columns = append(p.columns, col)
	}
	return present, nil
}

func (p *plan) addOutputs(v *definition.Version, present map[string]int) {
	kinds := make(map[string]definition.ColumnType, len(v.Columns))
	for i := range v.Columns {
		kinds[v.Columns[i].Name] = v.Columns[i].Type
	}
	for i, name := range units {
		u := unitPlan{unit: unit(i)}
		for j := range v.Outputs {
			o := &v.Outputs[j]
			if o.PeriodUnit != name {
				continue
			}
			out := output{key: jsonKey(o.Key), op: countRows, column: -1}
			if o.Column != "" {
				// Where the file lacks the column there will be no value, but another file may have it.
				out.kind = kinds[o.Column]
				out.op = operationOf(o.Aggregate, out.kind)
				if at, here := present[o.Column]; here {
					col := &p.columns[at]
					col.used = true
					out.column = at
					col.mixes = col.mixes || out.op != countValues
					col.text = col.text || out.op == firstText || out.op == lastText
				}
			}
			u.outputs = append(u.outputs, out)
		}
		if len(u.outputs) > 0 {
			p.units = append(p.units, u)
			p.finest = u.unit
		}
	}
}

func jsonKey(key string) string { return string(appendJSONString(nil, []byte(key))) + ":" }

// addScriptOutputs compiles the outputs of a version with code, which reads every column.
func (p *plan) addScriptOutputs(v *definition.Version, present map[string]int) {
	for i := range v.Columns {
		at, here := present[v.Columns[i].Name]
		if !here {
			at = -1
		}
		p.present = append(p.present, at)
	}
	for i := range p.columns {
		c := &p.columns[i]
		c.used, c.text, c.mixes = true, true, true
	}
	p.byKey = make(map[string]int, len(v.Outputs))
	for i := range v.Outputs {
		o := &v.Outputs[i]
		out := scriptOutput{
			key: o.Key, json: jsonKey(o.Key), kind: o.Type, unit: unit(slices.Index(units[:], o.PeriodUnit)),
		}
		p.byKey[o.Key] = i
		p.outputs = append(p.outputs, out)
		p.finest = max(p.finest, out.unit)
	}
}

func operationOf(a definition.Aggregate, kind definition.ColumnType) operation {
	switch a {
	case definition.Sum:
		return sumNumbers
	case definition.Average:
		return averageNumbers
	case definition.Min, definition.Max:
		isTime := kind == definition.TypeDate || kind == definition.TypeDateTime
		switch {
		case a == definition.Min && isTime:
			return minTime
		case a == definition.Min:
			return minNumber
		case isTime:
			return maxTime
		}
		return maxNumber
	case definition.First:
		if kind == definition.TypeString {
			return firstText
		}
		return firstValue
	case definition.Last:
		if kind == definition.TypeString {
			return lastText
		}
		return lastValue
	}
	return countValues
}
