package graph

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/graph/model"
)

// term is one expression that a list is ordered by. It is never null.
type term[T any] struct {
	// sql writes the expression on the list's table.
	sql expression
	// value is the same of a loaded entity, as a cursor carries it.
	value func(T) any
	// decode turns what a cursor carries into an argument; false for what is not of the kind.
	decode func(v any) (any, bool)
}

// expression writes SQL on the table of s, as s is called now: an alias that it is given later does not count.
type expression func(s *sql.Selector) func(b *sql.Builder)

// column is the expression of a plain column.
func column(name string) expression {
	return func(s *sql.Selector) func(b *sql.Builder) {
		c := s.C(name)
		return func(b *sql.Builder) { b.WriteString(c) }
	}
}

// orElse is the expression of a nullable column, with a value in the place of null.
func orElse(name string, value any) expression {
	return func(s *sql.Selector) func(b *sql.Builder) {
		c := s.C(name)
		return func(b *sql.Builder) { b.WriteString("COALESCE(" + c + ", ").Arg(value).WriteString(")") }
	}
}

// byText is a term of texts.
func byText[T any](by expression, value func(T) string) term[T] {
	return term[T]{
		sql:   by,
		value: func(item T) any { return value(item) },
		decode: func(v any) (any, bool) {
			s, ok := v.(string)
			return s, ok && !strings.ContainsRune(s, 0)
		},
	}
}

// byNumber is a term of whole numbers.
func byNumber[T any](by expression, value func(T) int64) term[T] {
	return term[T]{
		sql:   by,
		value: func(item T) any { return value(item) },
		decode: func(v any) (any, bool) {
			n, ok := v.(json.Number)
			if !ok {
				return nil, false
			}
			i, err := n.Int64()
			return i, err == nil
		},
	}
}

// byTime is a term of times.
func byTime[T any](by expression, value func(T) time.Time) term[T] {
	return term[T]{
		sql:   by,
		value: func(item T) any { return value(item).UTC().Format(time.RFC3339Nano) },
		decode: func(v any) (any, bool) {
			s, ok := v.(string)
			if !ok {
				return nil, false
			}
			at, err := time.Parse(time.RFC3339Nano, s)
			return at, err == nil
		},
	}
}

// order is an order of a list, total because its last term is the id.
type order[T any] struct {
	// name tells the list and the order apart from all others; cursors carry it.
	name  string
	terms []term[T]
	desc  bool
}

func (o order[T]) reversed() order[T] {
	o.desc = !o.desc
	return o
}

// inDirection is the order that a page is read in.
func (o order[T]) inDirection(p page) order[T] {
	if p.backward {
		return o.reversed()
	}
	return o
}

// sort appends the order to a statement.
func (o order[T]) sort(s *sql.Selector) {
	for _, t := range o.terms {
		write := t.sql(s)
		// Not OrderExprFunc, which loses arguments.
		s.OrderExpr(sql.ExprFunc(func(b *sql.Builder) {
			write(b)
			if o.desc {
				b.WriteString(" DESC")
			}
		}))
	}
}

// after narrows a statement to what comes after the place.
func (o order[T]) after(place []any) func(s *sql.Selector) {
	return func(s *sql.Selector) {
		writes := make([]func(*sql.Builder), len(o.terms))
		for i, t := range o.terms {
			writes[i] = t.sql(s)
		}
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString("(")
			for i, write := range writes {
				if i > 0 {
					b.Comma()
				}
				write(b)
			}
			if o.desc {
				b.WriteString(") < (")
			} else {
				b.WriteString(") > (")
			}
			b.Args(place...)
			b.WriteString(")")
		}))
	}
}

// cursor is the place of an entity in this order.
func (o order[T]) cursor(item T) model.Cursor {
	place := make([]any, 0, len(o.terms)+1)
	place = append(place, o.name)
	for _, t := range o.terms {
		place = append(place, t.value(item))
	}
	text, err := json.Marshal(place)
	if err != nil {
		panic("graph: a cursor holds texts and numbers: " + err.Error())
	}
	return model.Cursor(base64.RawURLEncoding.EncodeToString(text))
}

// place reads a cursor; false for one that this list and order did not make.
func (o order[T]) place(c model.Cursor) ([]any, bool) {
	text, err := base64.RawURLEncoding.DecodeString(string(c))
	if err != nil || len(text) > 8<<10 {
		return nil, false
	}
	var place []any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&place); err != nil || d.More() || len(place) != len(o.terms)+1 || place[0] != o.name {
		return nil, false
	}
	place = place[1:]
	for i, t := range o.terms {
		var ok bool
		if place[i], ok = t.decode(place[i]); !ok {
			return nil, false
		}
	}
	return place, true
}
