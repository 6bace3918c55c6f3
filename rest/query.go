package rest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entrepot/definition"
	"entrepot/refusal"
)

// reading reads the parameters of a query and collects everything that is wrong with them.
type reading struct{ problem Problem }

// wrong is what was collected, nil for nothing.
func (q *reading) wrong() error {
	if len(q.problem.Errors) == 0 {
		return nil
	}
	q.problem.status, q.problem.Message = http.StatusUnprocessableEntity, invalid
	return &q.problem
}

func (q *reading) page(in PageQuery) wantedPage {
	return wantedPage{
		number: q.number("page", "page", string(in.Page), maxPage, 1),
		size:   q.number("per_page", "number per page", string(in.PerPage), maxPerPage, defaultPerPage),
	}
}

// number reads a whole number from 1 to most.
func (q *reading) number(name, called, text string, most, otherwise int) int {
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		q.problem.add(name, fmt.Sprintf("The %s must be a whole number from 1 to %d.", called, most))
		return otherwise
	}
	return n
}

// text reads a text by the rules of those that are stored: what breaks them is in no record.
func (q *reading) text(name, called, text string, most int) *string {
	if text == "" {
		return nil
	}
	var wrong refusal.Errors
	text = wrong.Text([]string{name}, "The "+called, text, most, false)
	for _, one := range wrong {
		q.problem.add(name, one.Message)
	}
	if text == "" {
		return nil
	}
	return &text
}

func (q *reading) status(in statusParam) []definition.UploadStatus {
	if strings.Join(in, "") == "" {
		return nil
	}
	list, ok := in.states()
	if !ok {
		q.problem.add("status", "The status must be 0, 1, 2 or 3, or several of them with commas between.")
	}
	return list
}

// moment reads a day or a time. With after it is the first moment that lies after what is meant: the end of a day, the
// millisecond after a time.
func (q *reading) moment(name string, in momentParam, after bool) *time.Time {
	if in == "" {
		return nil
	}
	text := strings.TrimSpace(string(in))
	if day, err := time.Parse(time.DateOnly, text); err == nil && inRange(day) {
		if after {
			day = day.AddDate(0, 0, 1)
		}
		return &day
	}
	// A plus sign that was not escaped arrives as a space.
	at, err := time.Parse(time.RFC3339Nano, strings.Replace(strings.ToUpper(text), " ", "+", 1))
	if at = at.UTC(); err != nil || !inRange(at) {
		q.problem.add(name, name+
			" must be a day such as 2026-11-21, or a time such as 2026-11-21T12:00:00Z, of the years 1 to 9998.")
		return nil
	}
	if after {
		at = at.Truncate(time.Millisecond).Add(time.Millisecond)
	}
	return &at
}

// inRange holds for years that both databases keep and that stand in four digits, with room for the day after.
func inRange(t time.Time) bool { return t.Year() >= 1 && t.Year() < 9999 }

// momentParam is a day or a time in a query.
type momentParam string

// Schema says what is expected.
func (momentParam) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:     huma.TypeString,
		AnyOf:    []*huma.Schema{{Format: "date"}, {Format: "date-time"}},
		Examples: []any{"2026-11-21", "2026-11-21T12:00:00Z"},
	}
}
