package graph

import (
	"context"
	"sync"
)

// Entities that were loaded by one statement are siblings: what one of them needs (its definition, its first results), the
// others are about to be asked for too, so it is loaded for all at once. A list therefore takes the same number of
// statements whatever its length, through nodes, edges or both, at any depth.

type familiesKey struct{}

// families remembers, for one operation, which entities are siblings.
type families struct {
	mu sync.Mutex
	of map[any]any // entity pointer → *family of its type
}

// family is a set of siblings and what was loaded for them.
type family[T comparable] struct {
	items  []T
	mu     sync.Mutex
	loaded map[string]func() (any, error)
}

func withFamilies(ctx context.Context) context.Context {
	return context.WithValue(ctx, familiesKey{}, &families{of: map[any]any{}})
}

// together makes siblings of what one statement loaded.
func together[T comparable](ctx context.Context, items []T) {
	all, ok := ctx.Value(familiesKey{}).(*families)
	if !ok || len(items) == 0 {
		return
	}
	f := &family[T]{items: items}
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, item := range items {
		all.of[item] = f
	}
}

func familyOf[T comparable](ctx context.Context, item T) *family[T] {
	all, ok := ctx.Value(familiesKey{}).(*families)
	if !ok {
		return &family[T]{items: []T{item}}
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if f, ok := all.of[item].(*family[T]); ok {
		return f
	}
	f := &family[T]{items: []T{item}}
	all.of[item] = f
	return f
}

// related gives what item is related to, loading it once for all its siblings. What names the relation with all that
// changes its outcome, such as arguments.
func related[T comparable, V any](
	ctx context.Context, item T, what string, load func(ctx context.Context, items []T) (map[T]V, error),
) (V, error) {
	f := familyOf(ctx, item)
	f.mu.Lock()
	once, ok := f.loaded[what]
	if !ok {
		once = sync.OnceValues(func() (any, error) { return load(ctx, f.items) })
		if f.loaded == nil {
			f.loaded = map[string]func() (any, error){}
		}
		f.loaded[what] = once
	}
	f.mu.Unlock()
	loaded, err := once()
	if err != nil {
		var none V
		return none, err
	}
	return loaded.(map[T]V)[item], nil
}

// one is a relation to at most one entity by its key; an empty key means none.
func one[T, V comparable, K comparable](
	ctx context.Context, item T, what string,
	key func(T) K, fetch func(ctx context.Context, keys []K) ([]V, error), keyOf func(V) K,
) (V, error) {
	return related(ctx, item, what, func(ctx context.Context, items []T) (map[T]V, error) {
		var none K
		wanted := map[K]bool{}
		var keys []K
		for _, item := range items {
			if k := key(item); k != none && !wanted[k] {
				wanted[k] = true
				keys = append(keys, k)
			}
		}
		if len(keys) == 0 {
			return nil, nil
		}
		found, err := fetch(ctx, keys)
		if err != nil {
			return nil, err
		}
		together(ctx, found)
		byKey := make(map[K]V, len(found))
		for _, v := range found {
			byKey[keyOf(v)] = v
		}
		byItem := make(map[T]V, len(items))
		for _, item := range items {
			if v, ok := byKey[key(item)]; ok {
				byItem[item] = v
			}
		}
		return byItem, nil
	})
}

// deref is the key that a nullable column holds, empty for null.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
