package processor

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"entrepot/definition"
)

const (
	// maxOutputBytes is how long the JSON of one call's outputs may be.
	maxOutputBytes = 1 << 20
	// maxOutputText is how many bytes of UTF-8 a STRING output has at most: as many as a cell.
	maxOutputText = 32 << 10
	// maxQuoted is how many characters of a key a message quotes, and maxListed how many things it lists.
	maxQuoted, maxListed = 60, 20
)

// scriptOutput is an output that code computes.
type scriptOutput struct {
	key  string
	json string // the key as JSON, with the colon
	kind definition.OutputType
	unit unit
}

// outputFault is what is wrong with what process returned.
type outputFault struct {
	message string
	params  []definition.Param
}

// Error is the message.
func (f *outputFault) Error() string { return f.message }

// fault makes one; params are names and values in turn.
func fault(rule, message string, params ...string) *outputFault {
	f := &outputFault{message: message, params: []definition.Param{{Name: "rule", Value: rule}}}
	for i := 0; i+1 < len(params); i += 2 {
		f.params = append(f.params, definition.Param{Name: params[i], Value: params[i+1]})
	}
	return f
}

// outputReader reads what process returned for one site, and takes nothing for granted: it was made by a stranger's
// code, in a process that this code may have taken over.
type outputReader struct {
	plan *plan
	// years are those of the site's accepted rows.
	years  []int
	input  jsonReader
	values []outputValue
	json   []byte
}

// read reads all of it, or tells what is wrong first (*outputFault).
func (o *outputReader) read() error {
	if len(o.input.text) > maxOutputBytes {
		return fault("size", fmt.Sprintf("process returned more than %d bytes of JSON", maxOutputBytes),
			"max", strconv.Itoa(maxOutputBytes))
	}
	if kind := o.input.kind(); kind != jsonObject && kind != jsonInvalid {
		return fault("object", fmt.Sprintf("process returned %s; it must return an object keyed by output (%s)",
			kindNames[kind], o.keys()))
	}
	byYear, first := false, true
	err := o.input.object(func(key string) error {
		if first {
			byYear, first = isDigits(key), false
		} else if isDigits(key) != byYear {
			return fault("mixed", "process returned an object that has both years and outputs for keys; wrap either all "+
				"outputs by year or each of them")
		}
		if !byYear {
			return o.output(key, 0)
		}
		year, err := o.year(key, "")
		if err != nil {
			return err
		}
		return o.outputs(year)
	})
	if err == nil && !o.input.end() {
		err = errJSON
	}
	if err == nil {
		err = o.sort()
	}
	switch {
	case errors.Is(err, errJSON):
		return fault("json", "what process returned did not arrive as JSON without a key twice in an object")
	case errors.Is(err, errUnicode):
		return fault("unicode", "process returned a text that is not valid Unicode: it has half of a surrogate pair")
	}
	return err
}

// outputs reads what stands under a year around everything.
func (o *outputReader) outputs(year int) error {
	switch kind := o.input.kind(); kind {
	case jsonInvalid:
		return errJSON
	case jsonNull:
		_, err := o.input.word()
		return err
	case jsonObject:
		return o.input.object(func(key string) error { return o.output(key, year) })
	default:
		return fault("object", fmt.Sprintf("process returned %s for the year %d; it must be an object keyed by output (%s)",
			kindNames[kind], year, o.keys()), "period", yearText(year))
	}
}

// output reads what stands under an output's key; year is 0 where none stands around it.
func (o *outputReader) output(key string, year int) error {
	at, known := o.plan.byKey[key]
	if !known {
		return fault("unknown", fmt.Sprintf("process returned a value for '%s', which is no output of the definition; there "+
			"are: %s", quoted(key), o.keys()), "output", quoted(key), "outputs", o.keys())
	}
	kind := o.input.kind()
	unit := o.plan.outputs[at].unit
	switch {
	case kind == jsonInvalid:
		return errJSON
	case kind == jsonNull:
		_, err := o.input.word()
		return err
	case unit != yearly:
		return o.periods(at, year, kind)
	case year == 0 && kind == jsonObject:
		return o.input.object(func(key string) error {
			year, err := o.year(key, o.plan.outputs[at].key)
			if err != nil {
				return err
			}
			return o.value(at, year, 1)
		})
	}
	return o.value(at, year, 1)
}

// periods reads an object keyed by period, or where no year stands around it by years that stand around such objects.
func (o *outputReader) periods(at, year int, kind jsonKind) error {
	out := &o.plan.outputs[at]
	if kind != jsonObject {
		return o.wrong("object", at, yearText(year), fmt.Sprintf("is %s; a %s output is an object keyed by %s, such as {%d: …}",
			kindNames[kind], units[out.unit], unitWords[out.unit], lastPeriod[out.unit]))
	}
	return o.input.object(func(key string) error {
		kind := o.input.kind()
		period, err := strconv.Atoi(key)
		isPeriod := err == nil && isDigits(key) && key[0] != '0' && period <= lastPeriod[out.unit]
		switch {
		case year == 0 && (kind == jsonObject || kind == jsonNull && len(key) == 4 && isDigits(key)):
			year, err := o.year(key, out.key)
			if err != nil {
				return err
			}
			if kind == jsonNull {
				_, err := o.input.word()
				return err
			}
			return o.periods(at, year, kind)
		case !isPeriod:
			return o.wrong("period", at, yearText(year), fmt.Sprintf("has the key '%s'; the keys of a %s output are 1 to %d, "+
				"without zeros in front", quoted(key), units[out.unit], lastPeriod[out.unit]), "key", quoted(key))
		}
		return o.value(at, year, period)
	})
}

var kindsOfOutputs = map[definition.OutputType]jsonKind{
	definition.OutputNumber: jsonNumber, definition.OutputString: jsonString, definition.OutputBoolean: jsonBoolean,
}

// lastPeriod is the number of the last period of a year.
var lastPeriod = [...]int{yearly: 1, quarterly: 4, monthly: 12}

// year reads a key as a year; output is the key that it stands under, if any.
func (o *outputReader) year(key, output string) (int, error) {
	who, params := "process returned an object with", []string(nil)
	if output != "" {
		who, params = "output '"+output+"' has", []string{"output", output}
	}
	year, err := strconv.Atoi(key)
	switch {
	case err != nil || !isDigits(key) || len(key) > 4 || year == 0:
		return 0, fault("year", fmt.Sprintf("%s the key '%s' where a year from 1 to 9999 is expected", who, quoted(key)),
			append(params, "key", quoted(key))...)
	case o.plan.year != 0 && year != o.plan.year:
		return 0, fault("year", fmt.Sprintf("%s a value for the year %d, but this import is for %d", who, year, o.plan.year),
			append(params, "period", yearText(year), "year", strconv.Itoa(o.plan.year))...)
	}
	return year, nil
}

// wrong makes a fault of an output; period is empty where it does not matter.
func (o *outputReader) wrong(rule string, at int, period, what string, params ...string) error {
	key := o.plan.outputs[at].key
	message := "output '" + key + "'"
	known := []string{"output", key}
	if period != "" {
		message += " in " + period
		known = append(known, "period", period)
	}
	return fault(rule, message+" "+what, append(known, params...)...)
}

// keys lists the outputs.
func (o *outputReader) keys() string {
	keys := make([]string, len(o.plan.outputs))
	for i := range o.plan.outputs {
		keys[i] = o.plan.outputs[i].key
	}
	return listed(keys)
}

func listed(all []string) string {
	if len(all) > maxListed {
		return strings.Join(all[:maxListed], ", ") + ", …"
	}
	return strings.Join(all, ", ")
}

func yearTexts(years []int) []string {
	texts := make([]string, len(years))
	for i, year := range years {
		texts[i] = yearText(year)
	}
	return texts
}

// yearText writes a year; empty for none.
func yearText(year int) string {
	if year == 0 {
		return ""
	}
	return string(period{year: year}.append(nil))
}

// quoted is a key that a message quotes: cut, and without what does not show.
func quoted(key string) string {
	n := 0
	for i := range key {
		if n++; n > maxQuoted {
			key = key[:i] + "…"
			break
		}
	}
	key = strconv.Quote(key)
	return key[1 : len(key)-1]
}

func isDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
