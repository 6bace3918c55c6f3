package processor

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"entrepot/definition"
)

// outputValue is one value for one period, and where its JSON stands in outputReader.json.
type outputValue struct {
	year   int
	unit   unit
	period int
	output int
	json   extent
}

// value reads one value.
func (o *outputReader) value(at, year, period int) error {
	kind := o.input.kind()
	switch kind {
	case jsonInvalid:
		return errJSON
	case jsonNull:
		_, err := o.input.word()
		return err
	}
	out := &o.plan.outputs[at]
	if year == 0 {
		year = o.plan.year
	}
	if year == 0 && len(o.years) == 1 {
		year = o.years[0]
	}
	if year == 0 {
		return o.wrong("year", at, "", fmt.Sprintf("has a value without a year, but the rows are of several (%s): wrap it by "+
			"year, such as {%d: …}", listed(yearTexts(o.years)), o.years[0]))
	}
	v := outputValue{year: year, unit: out.unit, period: period, output: at}
	v.json.from = int64(len(o.json))
	if wanted := kindsOfOutputs[out.kind]; kind != wanted {
		return o.wrong("type", at, v.name(), fmt.Sprintf("is %s; it must be %s", kindNames[kind], kindNames[wanted]),
			"type", string(out.kind))
	}
	var err error
	switch kind {
	case jsonNumber:
		err = o.number(at, &v)
	case jsonString:
		err = o.text(at, &v)
	default:
		var word string
		word, err = o.input.word()
		o.json = append(o.json, word...)
	}
	if err != nil {
		return err
	}
	v.json.to = int64(len(o.json))
	o.values = append(o.values, v)
	return nil
}

func (o *outputReader) number(at int, v *outputValue) error {
	text, err := o.input.number()
	if err != nil {
		return err
	}
	var n value
	if code := canonical.parse(text, &n); code != "" {
		return o.wrong("number", at, v.name(), fmt.Sprintf("is a number that results cannot hold; they have numbers with at "+
			"most %d significant digits and an exponent between -%d and %d", maxDigits, maxExponent, maxExponent))
	}
	o.json = o.plan.appendTyped(o.json, definition.TypeNumber, n.decimal)
	return nil
}

func (o *outputReader) text(at int, v *outputValue) error {
	text, err := o.input.string()
	switch {
	case errors.Is(err, errUnicode):
		return o.wrong("unicode", at, v.name(), "is not valid Unicode: it has half of a surrogate pair, as when a text is cut "+
			"within a character")
	case err != nil:
		return err
	case len(text) > maxOutputText:
		return o.wrong("long", at, v.name(), fmt.Sprintf("is longer than %d bytes in UTF-8", maxOutputText),
			"max", strconv.Itoa(maxOutputText))
	case bytes.IndexByte(text, 0) >= 0:
		return o.wrong("nul", at, v.name(), "holds a NUL character")
	}
	o.json = appendJSONString(o.json, text)
	return nil
}

// sort brings the values into the order of results and finds those that were given twice, in the two ways to do so.
func (o *outputReader) sort() error {
	slices.SortFunc(o.values, func(a, b outputValue) int {
		return cmp.Or(a.compare(&b), cmp.Compare(a.output, b.output))
	})
	for i := 1; i < len(o.values); i++ {
		if v := &o.values[i]; v.compare(&o.values[i-1]) == 0 && v.output == o.values[i-1].output {
			return o.wrong("duplicate", v.output, v.name(), "has two values")
		}
	}
	return nil
}

// compare compares the periods of two values.
func (v *outputValue) compare(w *outputValue) int {
	return cmp.Or(cmp.Compare(v.year, w.year), cmp.Compare(v.unit, w.unit), cmp.Compare(v.period, w.period))
}

// name writes the period as messages have it: 2024, 2024-Q1 or 2024-03.
func (v *outputValue) name() string {
	p := period{year: v.year}
	switch v.unit {
	case monthly:
		p.month = v.period
	case quarterly:
		p.quarter = v.period
	}
	return string(p.append(nil))
}

// results makes the results of a site, in their order. The caller says whose they are.
func (o *outputReader) results(rows *census) []Result {
	var results []Result
	for rest := o.values; len(rest) > 0; {
		first := &rest[0]
		data := []byte{'{'}
		for len(rest) > 0 && rest[0].compare(first) == 0 {
			if len(data) > 1 {
				data = append(data, ',')
			}
			v := &rest[0]
			data = append(append(data, o.plan.outputs[v.output].json...), o.json[v.json.from:v.json.to]...)
			rest = rest[1:]
		}
		count := rows.of(first.year, first.unit, first.period)
		if !o.plan.hasPeriod {
			count = rows.of(first.year, yearly, 1)
		}
		results = append(results, Result{
			Year: first.year, PeriodUnit: units[first.unit], Period: first.period, ProcessedData: append(data, '}'),
			RowsProcessed: int64(count.processed), RowsRejected: int64(count.rejected),
		})
	}
	return results
}
