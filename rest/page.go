package rest

import (
	"net/url"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"entrepot/upload"
)

const (
	defaultPerPage = 20
	maxPerPage     = 100
	// maxPage keeps what is skipped within the database's numbers.
	maxPage = 1_000_000_000
	// pagesAround is how many pages beside the current one have links of their own.
	pagesAround = 3
)

// PageQuery is which page of a list is wanted.
type PageQuery struct {
	Page    pageParam    `query:"page" doc:"Which page, from 1."`
	PerPage perPageParam `query:"per_page" doc:"How many entries a page has."`
}

// Page is where a page of a list stands, in the older API's form.
type Page struct {
	CurrentPage  int        `json:"current_page" minimum:"1" example:"1" doc:"This page's number."`
	PerPage      int        `json:"per_page" minimum:"1" maximum:"100" example:"20" doc:"How many entries a page has."`
	Total        int        `json:"total" minimum:"0" example:"1" doc:"How many entries there are in all."`
	LastPage     int        `json:"last_page" minimum:"1" example:"1" doc:"The last page's number; 1 where there are no entries."`
	From         *int       `json:"from" example:"1" doc:"The first entry's number, from 1; null on an empty page."`
	To           *int       `json:"to" example:"1" doc:"The last entry's number; null on an empty page."`
	Path         string     `json:"path" format:"uri" doc:"The list's address, without a query."`
	FirstPageURL string     `json:"first_page_url" format:"uri" doc:"The first page, with the same filters and order."`
	LastPageURL  string     `json:"last_page_url" format:"uri" doc:"The last page."`
	NextPageURL  *string    `json:"next_page_url" format:"uri" doc:"The next page; null on the last one."`
	PrevPageURL  *string    `json:"prev_page_url" format:"uri" doc:"The page before; null on the first one."`
	Links        []PageLink `json:"links" doc:"What a row of page buttons shows: the page before, numbers with … for those that are left out, the next page."`
}

// PageLink is one button of a row of pages.
type PageLink struct {
	URL    *string `json:"url" format:"uri" doc:"The page; null for what cannot be gone to."`
	Label  string  `json:"label" example:"1" doc:"What the button shows, as HTML: a number, “...”, “&laquo; Previous” or “Next &raquo;”."`
	Active bool    `json:"active" example:"true" doc:"Whether it is this page."`
}

// wantedPage is a PageQuery, read.
type wantedPage struct{ number, size int }

func (p wantedPage) part() upload.Part {
	return upload.Part{Offset: (p.number - 1) * p.size, Limit: p.size}
}

// pageOf says where a page stands in the list at a path below /api. The query is repeated in the links.
func (a *api) pageOf(path string, query url.Values, page wantedPage, count, total int) Page {
	address := *a.public.JoinPath("api", path)
	to := func(number int) string {
		query.Set("page", strconv.Itoa(number))
		address.RawQuery = query.Encode()
		return address.String()
	}
	last := max(1, (total+page.size-1)/page.size)
	out := Page{
		CurrentPage: page.number, PerPage: page.size, Total: total, LastPage: last,
		Path: address.String(), FirstPageURL: to(1), LastPageURL: to(last),
	}
	if count > 0 {
		first := page.part().Offset + 1
		out.From, out.To = &first, new(first+count-1)
	}
	if page.number > 1 {
		out.PrevPageURL = new(to(min(page.number-1, last)))
	}
	if page.number < last {
		out.NextPageURL = new(to(page.number + 1))
	}
	out.Links = append(out.Links, PageLink{URL: out.PrevPageURL, Label: "&laquo; Previous"})
	for _, number := range shownPages(page.number, last) {
		if number == 0 {
			out.Links = append(out.Links, PageLink{Label: "..."})
			continue
		}
		out.Links = append(out.Links, PageLink{
			URL: new(to(number)), Label: strconv.Itoa(number), Active: number == page.number,
		})
	}
	out.Links = append(out.Links, PageLink{URL: out.NextPageURL, Label: "Next &raquo;"})
	return out
}

// shownPages are the numbers of the pages that get a link: the first and last two and those around the current one, and
// 0 for a gap between them.
func shownPages(current, last int) (numbers []int) {
	current = min(current, last)
	before := 0
	for number := 1; number <= last; number++ {
		switch {
		case number <= 2, number > last-2, current-pagesAround <= number && number <= current+pagesAround:
			if number > before+1 {
				numbers = append(numbers, 0)
			}
			numbers = append(numbers, number)
			before = number
		case number < current-pagesAround:
			number = current - pagesAround - 1
		default:
			number = last - 2
		}
	}
	return numbers
}

// pageParam is the number of a page in a query.
type pageParam string

// Schema says what is expected.
func (pageParam) Schema(huma.Registry) *huma.Schema { return wholeNumberSchema(maxPage, 1) }

// perPageParam is the size of a page in a query.
type perPageParam string

// Schema says what is expected.
func (perPageParam) Schema(huma.Registry) *huma.Schema {
	return wholeNumberSchema(maxPerPage, defaultPerPage)
}

// wholeNumberSchema is a number from 1 to most.
func wholeNumberSchema(most float64, otherwise int) *huma.Schema {
	least := 1.0
	return &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Default: otherwise}
}
