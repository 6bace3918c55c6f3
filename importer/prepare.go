package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode"
	"unicode/utf8"

	"entrepot/definition"
	"entrepot/ent/sitename"
	"entrepot/processor"
	"entrepot/storage"
)

// siteLookup finds sites by their spellings in the form that these are compared in.
type siteLookup map[string]processor.Site

// Lookup implements processor.Sites.
func (s siteLookup) Lookup(text string) (processor.Site, bool) {
	site, ok := s[definition.NormalizeName(text)]
	return site, ok
}

// knownSites loads all spellings of the organization's sites.
func (a *attempt) knownSites(ctx context.Context) (siteLookup, error) {
	sites, err := a.DB.Client().Site.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load sites: %w", err)
	}
	known := make(map[string]processor.Site, len(sites))
	for _, s := range sites {
		known[s.ID] = processor.Site{ID: s.ID, Key: s.Key, Name: s.Name}
	}
	names, err := a.DB.Client().SiteName.Query().Where(sitename.OrganizationID(a.run.OrganizationID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load names of sites: %w", err)
	}
	lookup := make(siteLookup, len(names))
	for _, n := range names {
		if site, ok := known[n.SiteID]; ok {
			lookup[n.Normalized] = site
		}
	}
	return lookup, nil
}

// wrap is the source as the parser reads it.
func (i *Importer) wrap(source io.Reader) io.Reader {
	if i.wrapSource != nil {
		return i.wrapSource(source)
	}
	return source
}

// dropLeftovers removes what an attempt that died may have written between its last row and its last write.
func (a *attempt) dropLeftovers(ctx context.Context) {
	for attempt := 1; attempt < a.run.Attempt; attempt++ {
		err := a.Bucket.Delete(ctx, rejectedKey(a.run, attempt))
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			a.Logger.WarnContext(ctx, "rejected rows of an earlier attempt were left behind",
				"import_id", a.run.ID, "attempt", attempt, "error", err)
		}
	}
}

func number(name string, value int64) definition.Param {
	return definition.Param{Name: name, Value: strconv.FormatInt(value, 10)}
}

func upperFirst(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}

func lowerFirst(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToLower(r)) + text[size:]
}
