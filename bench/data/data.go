// Package data makes the file that imports are measured with: meter readings of 1,000 sites over the 12 months of one
// year, unsorted, about 70 bytes a row. The same number of rows is always the same bytes, and every row can be had as
// values too (At), so that a test computes what an import must find without reading the file.
//
// Benchmarks, tests and bench/gen call it; it imports the standard library only.
package data

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

const (
	// Sites is how many different sites there are.
	Sites = 1000
	// Months is how many months each site has readings in.
	Months = 12
	// Year is the year of every date.
	Year = 2024
	// Header is the first line of the file, without its line end.
	Header = "site,date,meter,reading,unit,quality,note"
)

// stride is prime and shares no factor with Sites × Months, so that stepping by it visits every pair once in 12,000
// rows, and neighbouring rows never have the same site.
const stride = 7919

var (
	units     = [...]string{"kWh", "MWh", "m3"}
	qualities = [...]string{"measured", "measured", "measured", "estimated", "corrected"}
	notes     = [...]string{
		"regular reading", "read by collector", "remote reading", "meter replaced", "checked on site visit",
	}
)

// Row is one line of the file.
type Row struct {
	Site, Month, Day int
	// Meter is the meter's number, below 1,000,000.
	Meter int
	// Milli is the reading in thousandths, from 10.000 to 99,999.999.
	Milli               int64
	Unit, Quality, Note string
}

// At tells what row i (from 0) of every generated file holds. Each 12,000 consecutive rows hold every site and month
// once; the other values look random but depend on i alone.
func At(i int) Row {
	group := int(uint64(i) * stride % (Sites * Months))
	random := mix(uint64(i))
	return Row{
		Site:    group % Sites,
		Month:   1 + group/Sites,
		Day:     1 + int(random%28),
		Meter:   int(random >> 8 % 1_000_000),
		Milli:   10_000 + int64(random>>16%99_990_000),
		Unit:    units[random>>5%uint64(len(units))],
		Quality: qualities[random>>40%uint64(len(qualities))],
		Note:    notes[random>>48%uint64(len(notes))],
	}
}

// SiteName is how a site's number is written in the file.
func SiteName(site int) string { return fmt.Sprintf("site-%04d", site) }

// Write writes the header and the given number of rows as CSV: comma, no quotes, LF.
func Write(w io.Writer, rows int) error {
	if rows < 0 {
		return fmt.Errorf("generate readings: %d rows asked for, must be 0 or more", rows)
	}
	buffered := bufio.NewWriterSize(w, 1<<18)
	line := append(make([]byte, 0, 128), Header...)
	line = append(line, '\n')
	for i := 0; ; i++ {
		if _, err := buffered.Write(line); err != nil {
			return fmt.Errorf("generate readings: %w", err)
		}
		if i == rows {
			break
		}
		line = appendRow(line[:0], At(i))
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("generate readings: %w", err)
	}
	return nil
}

func appendRow(line []byte, row Row) []byte {
	line = append(line, "site-"...)
	line = appendPadded(line, row.Site, 4)
	line = append(line, ',')
	line = strconv.AppendInt(line, Year, 10)
	line = append(line, '-')
	line = appendPadded(line, row.Month, 2)
	line = append(line, '-')
	line = appendPadded(line, row.Day, 2)
	line = append(line, ",M-"...)
	line = appendPadded(line, row.Meter, 6)
	line = append(line, ',')
	line = strconv.AppendInt(line, row.Milli/1000, 10)
	line = append(line, '.')
	line = appendPadded(line, int(row.Milli%1000), 3)
	line = append(line, ',')
	line = append(line, row.Unit...)
	line = append(line, ',')
	line = append(line, row.Quality...)
	line = append(line, ',')
	line = append(line, row.Note...)
	return append(line, '\n')
}

func appendPadded(line []byte, value, width int) []byte {
	for limit := 10; width > 1; width-- {
		if value < limit {
			line = append(line, '0')
		}
		limit *= 10
	}
	return strconv.AppendInt(line, int64(value), 10)
}

// mix is splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): one well-mixed number
// for each i, without a state to carry along.
func mix(i uint64) uint64 {
	z := (i + 1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
