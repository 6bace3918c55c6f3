package definition

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var outputKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

func (c *checker) outputs(v Version) {
	c.path = []string{"outputSchema"}
	c.count(len(v.Outputs), 1, MaxOutputs, "outputs")
	keys := make(map[string]bool, len(v.Outputs))
	var period *Column
	byName := make(map[string]*Column, len(v.Columns))
	for i := range v.Columns {
		col := &v.Columns[i]
		byName[col.Name] = col
		if col.Role == RolePeriod && period == nil {
			period = col
		}
	}
	for i := range v.Outputs {
		o := &v.Outputs[i]
		c.path = []string{"outputSchema", strconv.Itoa(i)}
		switch {
		case !outputKey.MatchString(o.Key):
			c.add("key", "pattern", "A key is a letter of A to Z and up to 63 letters, digits, '_', '-' and '.' after it.",
				"pattern", outputKey.String())
		case keys[o.Key]:
			c.add("key", "duplicate", "Another output has this key.", "key", o.Key)
		}
		keys[o.Key] = true
		c.text("label", o.Label, MaxName, true)
		c.text("unit", o.Unit, MaxName, false)
		c.text("formElementId", o.FormElementID, MaxName, false)
		c.enum("type", o.Type.Valid(), o.Type.Values())
		c.enum("periodUnit", o.PeriodUnit.Valid(), o.PeriodUnit.Values())
		if v.Code != "" {
			c.computed(o)
			continue
		}
		c.periodUnit(o, period)
		c.aggregate(o, byName, v.Columns)
	}
}

// computed checks an output of a version with code, which may be of any period: the code says which.
func (c *checker) computed(o *Output) {
	if o.Aggregate != "" {
		c.add("aggregate", "code", "The code computes this output: leave the aggregate out, or the code.")
	}
	if o.Column != "" {
		c.add("column", "code", "The code computes this output from all columns: leave the column out, or the code.")
	}
}

// CheckCode tells what is wrong with the code of a version as a text; what it does when it runs is not known here.
func CheckCode(code string) []Problem {
	var c checker
	c.code(code)
	return c.problems
}

func (c *checker) code(code string) {
	c.path = nil
	switch {
	case len(code) > MaxCode:
		c.add("processorCode", "long", fmt.Sprintf("The code has at most %d bytes, in UTF-8.", MaxCode),
			"max", strconv.Itoa(MaxCode))
	case !utf8.ValidString(code) || strings.ContainsRune(code, 0):
		c.add("processorCode", "bytes", "The code is not valid UTF-8, or holds a NUL character.")
	}
}

func (c *checker) periodUnit(o *Output, period *Column) {
	if !o.PeriodUnit.Valid() || o.PeriodUnit == Yearly {
		return
	}
	if period == nil {
		c.add("periodUnit", "period", fmt.Sprintf("A %s output needs a column with the role PERIOD.", o.PeriodUnit),
			"periodUnit", string(o.PeriodUnit))
	} else if period.Type == TypeInteger {
		c.add("periodUnit", "period",
			fmt.Sprintf("A %s output needs a PERIOD column that tells more than the year.", o.PeriodUnit),
			"periodUnit", string(o.PeriodUnit))
	}
}

func (c *checker) aggregate(o *Output, byName map[string]*Column, columns []Column) {
	if o.Aggregate == "" {
		c.add("aggregate", "blank", "An output needs an aggregate, or the definition code that computes it.")
		return
	}
	if c.enum("aggregate", o.Aggregate.Valid(), o.Aggregate.Values()); !o.Aggregate.Valid() {
		return
	}
	if o.Column == "" {
		if o.Aggregate != Count {
			c.add("column", "blank", fmt.Sprintf("%s needs a column; only COUNT goes without.", o.Aggregate),
				"aggregate", string(o.Aggregate))
			return
		}
		c.outputType(o, OutputNumber)
		return
	}
	col := byName[o.Column]
	if col == nil {
		c.add("column", "unknown", "There is no column '"+short(o.Column)+"'; there are: "+columnNames(columns)+".",
			"column", short(o.Column), "columns", columnNames(columns))
		return
	}
	if !col.Type.Valid() {
		return
	}
	result, fits := resultType(o.Aggregate, col.Type)
	if !fits {
		c.add("aggregate", "type", fmt.Sprintf("%s cannot be computed from column '%s' of type %s.",
			o.Aggregate, short(col.Name), col.Type),
			"aggregate", string(o.Aggregate), "column", short(col.Name), "type", string(col.Type))
		return
	}
	c.outputType(o, result)
}

func (c *checker) outputType(o *Output, result OutputType) {
	if o.Type.Valid() && o.Type != result {
		c.add("type", "type", fmt.Sprintf("%s gives a %s here.", o.Aggregate, result),
			"aggregate", string(o.Aggregate), "type", string(result))
	}
}

// resultType is what an aggregate makes of a column's values: dates become ISO 8601 text. Texts have no MIN and MAX,
// since their order depends on the language.
func resultType(a Aggregate, t ColumnType) (OutputType, bool) {
	isNumber := t == TypeNumber || t == TypeInteger
	switch a {
	case Count:
		return OutputNumber, true
	case Sum, Average:
		return OutputNumber, isNumber
	case Min, Max:
		if t == TypeDate || t == TypeDateTime {
			return OutputString, true
		}
		return OutputNumber, isNumber
	}
	switch {
	case isNumber:
		return OutputNumber, true
	case t == TypeBoolean:
		return OutputBoolean, true
	}
	return OutputString, true
}
