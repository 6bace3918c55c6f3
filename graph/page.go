package graph

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"entrepot/graph/model"
)

const (
	defaultPage = 20
	// maxUnion is how many parents' pages one statement reads: a list of them at most. SQLite takes 500 parts of a union, and
	// PostgreSQL plans many of them ever more slowly.
	maxUnion = 100
)

// query is what every generated query builder can do.
type query[T, Q any] interface {
	WhereP(ps ...func(*sql.Selector))
	OrderP(os ...func(*sql.Selector))
	Limit(limit int) Q
	Clone() Q
	All(ctx context.Context) ([]T, error)
	Count(ctx context.Context) (int, error)
}

// pageArgs are the arguments of every connection.
type pageArgs struct {
	First  *int
	After  *model.Cursor
	Last   *int
	Before *model.Cursor
}

// page is a checked pageArgs.
type page struct {
	size          int
	backward      bool
	after, before []any
}

// check refuses sizes outside 1 to most, both directions at once, and cursors of other lists.
func checkPage[T any](a pageArgs, o order[T], most int) (page, error) {
	p := page{size: defaultPage}
	if a.First != nil && a.Last != nil {
		return p, badInput("Give first or last, not both.")
	}
	for _, n := range []*int{a.First, a.Last} {
		if n == nil {
			continue
		}
		if *n < 1 || *n > most {
			return p, badInput("A page has 1 to " + strconv.Itoa(most) + " entries, not " + strconv.Itoa(*n) + ".")
		}
		p.size = *n
	}
	p.backward = a.Last != nil
	for _, end := range []struct {
		cursor *model.Cursor
		place  *[]any
		name   string
	}{{a.After, &p.after, "after"}, {a.Before, &p.before, "before"}} {
		if end.cursor == nil {
			continue
		}
		var ok bool
		if *end.place, ok = o.place(*end.cursor); !ok {
			return p, badInput("The cursor in " + end.name + " is not one of this list in this order.")
		}
	}
	return p, nil
}

// narrow limits a statement to the page, in the order that it must be read in, and one more to see whether there is more.
func narrow[T any](p page, o order[T], s *sql.Selector) {
	if p.after != nil {
		o.after(p.after)(s)
	}
	if p.before != nil {
		o.reversed().after(p.before)(s)
	}
	o.inDirection(p).sort(s)
	s.Limit(p.size + 1)
}

// connect makes a connection of what narrow let through.
func connect[T any](p page, o order[T], items []T, count func(context.Context) (int, error)) *model.Connection[T] {
	more := len(items) > p.size
	if more {
		items = items[:p.size]
	}
	if p.backward {
		slices.Reverse(items)
	}
	c := &model.Connection[T]{Nodes: items, Edges: make([]model.Edge[T], len(items)), Count: count}
	for i, item := range items {
		c.Edges[i] = model.Edge[T]{Cursor: o.cursor(item), Node: item}
	}
	if p.backward {
		c.PageInfo.HasPreviousPage, c.PageInfo.HasNextPage = more, p.before != nil
	} else {
		c.PageInfo.HasNextPage, c.PageInfo.HasPreviousPage = more, p.after != nil
	}
	if len(items) > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[len(items)-1].Cursor
	}
	return c
}

// paginate reads one page of a list.
func paginate[T comparable, Q query[T, Q]](
	ctx context.Context, q Q, o order[T], args pageArgs, most int,
) (*model.Connection[T], error) {
	p, err := checkPage(args, o, most)
	if err != nil {
		return nil, err
	}
	all := q.Clone()
	q.WhereP(func(s *sql.Selector) { narrow(p, o, s) })
	items, err := q.All(ctx)
	if err != nil {
		return nil, err
	}
	together(ctx, items)
	return connect(p, o, items, all.Count), nil
}

// children is a list that each of several parents has, such as the results of imports.
type children[P, T comparable, Q query[T, Q]] struct {
	// name is the list's among the relations of the parent.
	name string
	// table and parent are the table of the children and its column that names the parent.
	table, parent string
	order         order[T]
	// where narrows the list, by its arguments.
	where func(s *sql.Selector)
	// query begins a statement on the children.
	query func() Q
	// scan reads the rows of a statement on the children that the function has changed.
	scan func(ctx context.Context, change func(s *sql.Selector), rows any) error
	// keyOf is the parent's key, keyIn the one in a child: a string or an int64.
	keyOf func(P) any
	keyIn func(T) any
	// tenantOf is the parent's organization, which the indexes of the children begin with.
	tenantOf func(P) string
}

// of reads one page of a parent's list, for all its siblings with one statement, or as few as maxUnion allows. Distinct
// tells calls with different arguments apart.
func (c children[P, T, Q]) of(
	ctx context.Context, parent P, distinct any, args pageArgs, most int,
) (*model.Connection[T], error) {
	p, err := checkPage(args, c.order, most)
	if err != nil {
		return nil, err
	}
	what, err := json.Marshal([]any{c.name, distinct, args})
	if err != nil {
		return nil, err
	}
	return related(ctx, parent, string(what), func(ctx context.Context, parents []P) (map[P]*model.Connection[T], error) {
		var items []T
		for some := range slices.Chunk(parents, maxUnion) {
			q := c.query()
			q.WhereP(func(s *sql.Selector) { c.pages(p, some, s) })
			found, err := q.All(ctx)
			if err != nil {
				return nil, err
			}
			items = append(items, found...)
		}
		together(ctx, items)
		byKey := map[any][]T{}
		for _, item := range items {
			byKey[c.keyIn(item)] = append(byKey[c.keyIn(item)], item)
		}
		connections := make(map[P]*model.Connection[T], len(parents))
		for _, parent := range parents {
			connections[parent] = connect(p, c.order, byKey[c.keyOf(parent)], func(ctx context.Context) (int, error) {
				return c.count(ctx, parent, distinct)
			})
		}
		return connections, nil
	})
}

// pages narrows a statement to the same page of each parent: for several, a union of one limited index scan each, which
// costs what the pages hold and not what the lists hold.
func (c children[P, T, Q]) pages(p page, parents []P, s *sql.Selector) {
	if len(parents) == 1 {
		s.Where(sql.EQ(s.C(c.parent), c.keyOf(parents[0])))
		c.where(s)
		narrow(p, c.order, s)
		return
	}
	var union *sql.Selector
	for i, parent := range parents {
		table := sql.Table(c.table)
		one := sql.Dialect(s.Dialect()).Select().From(table)
		one.Select(one.C("id")).Where(sql.And(
			sql.EQ(one.C("organization_id"), c.tenantOf(parent)),
			sql.EQ(one.C(c.parent), c.keyOf(parent)),
		))
		c.where(one)
		narrow(p, c.order, one)
		limited := sql.Dialect(s.Dialect()).Select("id").From(one.As("page_" + strconv.Itoa(i)))
		if union == nil {
			union = limited
		} else {
			union.UnionAll(limited)
		}
	}
	s.Where(sql.In(s.C("id"), union))
	c.order.inDirection(p).sort(s)
}

// count counts a parent's list, for all its siblings with one statement.
func (c children[P, T, Q]) count(ctx context.Context, parent P, distinct any) (int, error) {
	what, err := json.Marshal([]any{c.name, "count", distinct})
	if err != nil {
		return 0, err
	}
	return related(ctx, parent, string(what), func(ctx context.Context, parents []P) (map[P]int, error) {
		keys := make([]any, len(parents))
		for i, parent := range parents {
			keys[i] = c.keyOf(parent)
		}
		var rows []struct {
			Parent string `sql:"parent"`
			Total  int    `sql:"total"`
		}
		err := c.scan(ctx, func(s *sql.Selector) {
			s.Where(sql.In(s.C(c.parent), keys...))
			c.where(s)
			s.Select(sql.As(s.C(c.parent), "parent"), sql.As(sql.Count("*"), "total")).GroupBy(s.C(c.parent))
		}, &rows)
		if err != nil {
			return nil, err
		}
		totals := make(map[string]int, len(rows))
		for _, row := range rows {
			totals[row.Parent] = row.Total
		}
		counts := make(map[P]int, len(parents))
		for i, parent := range parents {
			counts[parent] = totals[text(keys[i])]
		}
		return counts, nil
	})
}

// text is a key as the database gives it in a column of any type.
func text(key any) string {
	if n, ok := key.(int64); ok {
		return strconv.FormatInt(n, 10)
	}
	return key.(string)
}
