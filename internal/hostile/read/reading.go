package main

import (
	"bytes"
	"errors"

	"entrepot/definition"
	"entrepot/internal/hostile"
	"entrepot/tabular"
)

// reading is what reading a file came to, and what it took.
type reading struct {
	hostile.Outcome
	// Reasons are what was said about it, one for each code.
	Reasons         []string `json:"reasons,omitempty"`
	CPUMilliseconds int64    `json:"cpuMilliseconds"`
	PeakMiB         int64    `json:"peakMiB"`
}

// refuse notes why the file is not read; what is no reason for that, it gives back.
func (r *reading) refuse(err error) error {
	var reason *tabular.Error
	if !errors.As(err, &reason) {
		return err
	}
	r.Error = reason.Code
	r.Reasons = append(r.Reasons, reason.Error())
	return nil
}

// reject counts a row.
func (r *reading) reject(code definition.RowErrorCode, message string) {
	if r.Rejected == nil {
		r.Rejected = make(map[definition.RowErrorCode]int64)
	}
	if r.Rejected[code]++; r.Rejected[code] == 1 {
		r.Reasons = append(r.Reasons, message)
	}
}

// hasReplacement finds U+FFFD, which nobody's file has.
func hasReplacement(cell []byte) bool { return bytes.Contains(cell, []byte("\ufffd")) }
