package processor

import (
	"fmt"

	"entrepot/definition"
	"entrepot/processor/script"
)

// Log gives the lines that the code wrote to its console, in the order of the sites; where there were more than an import
// keeps, the last line says so. It is called after Results, whether or not that failed.
func (a *Aggregation) Log() []definition.LogLine { return a.log }

// logBook collects the lines that scripts wrote, as far as there is room.
type logBook struct {
	most      int
	lines     []definition.LogLine
	left      int64
	truncated bool // more were left out before they came here
}

func (l *logBook) add(site *string, lines []script.LogLine, truncated bool) {
	l.truncated = l.truncated || truncated
	for i := range lines {
		if len(l.lines) == l.most {
			l.left += int64(len(lines) - i)
			return
		}
		l.lines = append(l.lines, definition.LogLine{
			Level: lines[i].Level, Message: storable(lines[i].Message), SiteKey: site,
		})
	}
}

// finish gives the lines; where some were left out, the last one tells.
func (l *logBook) finish() []definition.LogLine {
	if l.left == 0 && !l.truncated || l.most == 0 {
		return l.lines
	}
	if len(l.lines) == l.most {
		l.lines = l.lines[:l.most-1]
		l.left++
	}
	message := fmt.Sprintf("%d more lines are left out; an import keeps %d.", l.left, l.most)
	if l.truncated {
		message = fmt.Sprintf("More lines are left out; an import keeps %d, and those of one site are limited too.", l.most)
	}
	return append(l.lines, definition.LogLine{Level: definition.LogLevelWarn, Message: message})
}
