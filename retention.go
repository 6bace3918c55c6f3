package main

import (
	"strconv"
	"strings"
	"time"
)

// retentionSettings say how long things are kept; nothing is erased because of its age where they are not given.
func retentionSettings() []*setting {
	return []*setting{
		{
			flag: "retain-files", env: "ENTREPOT_RETAIN_FILES",
			help: "how long uploaded files are kept, such as 90d or 36h; by default for good",
		},
		{
			flag: "retain-row-errors", env: "ENTREPOT_RETAIN_ROW_ERRORS",
			help: "the same of row errors, set-aside rows and logs, which quote files",
		},
		{flag: "retain-results", env: "ENTREPOT_RETAIN_RESULTS", help: "the same of imports' results"},
	}
}

// longest is the longest that can be said: a century.
const longest = 100 * 365 * 24 * time.Hour

// setRetention decides how long things are kept.
func (c *config) setRetention(values map[string]string, wrong *usageError) {
	into := []*time.Duration{&c.retention.Files, &c.retention.RowErrors, &c.retention.Results}
	for i, s := range retentionSettings() {
		text := values[s.flag]
		if text == "" {
			continue
		}
		age, ok := parseAge(text)
		if !ok {
			wrong.add("--%s (%s) is %q: it must be a whole number of days or hours, such as 90d or 36h", s.flag, s.env, text)
			continue
		}
		*into[i] = age
	}
}

// parseAge reads a whole number of days or hours above 0 and up to a century.
func parseAge(text string) (time.Duration, bool) {
	unit := time.Hour
	number, ok := strings.CutSuffix(text, "h")
	if !ok {
		unit = 24 * time.Hour
		if number, ok = strings.CutSuffix(text, "d"); !ok {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil || n == 0 || n > uint64(longest/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}
