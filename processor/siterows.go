package processor

import (
	"cmp"
	"slices"
)

// SiteRows counts the accepted rows of a site.
type SiteRows struct {
	// SiteKey and SiteID are those of the site's results.
	SiteKey *string
	SiteID  string
	Rows    int64
}

// SiteRows lists the sites that have accepted rows, by key; without a SITE_IDENTIFIER column that is one for all, with a
// nil key. It is called after the last Add, before Results or once it is through: no code is run for it.
func (a *Aggregation) SiteRows() []SiteRows {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var sites []SiteRows
	byKey := make(map[string]int)
	for _, w := range a.workers {
		for i, rows := range w.acceptedRows() {
			if rows == 0 {
				continue
			}
			s := &w.sites[i]
			at, known := byKey[s.key]
			if !known {
				at = len(sites)
				byKey[s.key] = at
				sites = append(sites, SiteRows{SiteID: s.id})
				if a.plan.hasSite {
					sites[at].SiteKey = &s.key
				}
			}
			sites[at].SiteID = cmp.Or(sites[at].SiteID, s.id)
			sites[at].Rows += rows
		}
	}
	slices.SortFunc(sites, func(a, b SiteRows) int { return compareKeys(a.SiteKey, b.SiteKey) })
	return sites
}

// acceptedRows counts the accepted rows by site.
func (w *Worker) acceptedRows() []int64 {
	rows := make([]int64, len(w.sites))
	for i := range w.census {
		for j := range w.census[i].years {
			rows[i] += int64(w.census[i].years[j].counts[0].processed)
		}
	}
	for key, g := range w.groups {
		if key.unit == 0 { // each row counts once in every unit
			rows[key.site] += g.processed
		}
	}
	return rows
}
