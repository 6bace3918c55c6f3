// Package arrows_test holds the arrows between the packages: who may know whom. The linter's depguard rules say the same
// while somebody writes; this test says it wherever the tests run, and knows of every package: a new one must be added.
package arrows_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "entrepot"

// words are what every package with commands may speak in.
var words = []string{"definition", "prefixid", "refusal", "viewer"}

// ent are the generated packages.
var ent = []string{"ent", "ent/..."}

// known says, for each folder, which packages of the module it may import, and which modules of others. “x/...” is
// everything below x. Generated code is left out, and so is package main, which knows all and is known by none.
var known = map[string]struct{ ours, others []string }{
	"viewer": {},
	"event":  {},
	// Between replicas; what it listens with is the driver's.
	"event/postgres": {ours: []string{"database", "event", "viewer"}, others: []string{"github.com/lib/pq"}},
	"console":        {},
	"prefixid":       {others: []string{"github.com/google/uuid"}},
	"definition":     {others: []string{"golang.org/x/text"}},
	"refusal":        {ours: []string{"definition", "viewer"}},
	"tabular":        {ours: []string{"definition"}, others: []string{"github.com/klauspost/compress", "golang.org/x/text"}},
	"processor": {
		ours:   []string{"definition", "processor/script"},
		others: []string{"github.com/cockroachdb/apd", "golang.org/x/text"},
	},
	// The process that runs a tenant's code; only its engine knows JavaScript.
	"processor/script": {
		ours:   []string{"definition", "processor/script/engine"},
		others: []string{"github.com/elastic/go-seccomp-bpf", "golang.org/x/sys"},
	},
	"processor/script/engine": {
		ours:   []string{"definition"},
		others: []string{"golang.org/x/sys", "modernc.org/libc", "modernc.org/libquickjs"},
	},
	"storage": {others: []string{"cloud.google.com/go/compute/metadata", "golang.org/x/oauth2"}},

	"ent/rule":               {ours: []string{"prefixid", "viewer"}, others: []string{"entgo.io/ent"}},
	"ent/schema":             {ours: []string{"definition", "ent/rule", "prefixid", "viewer"}, others: []string{"entgo.io/ent"}},
	"ent/migrate/migrations": {},

	"database": {ours: join(ent, "viewer"), others: []string{
		"ariga.io/atlas", "entgo.io/ent", "github.com/lib/pq", "github.com/pressly/goose", "github.com/riverqueue/river",
		"modernc.org/sqlite",
	}},
	"database/diff": {ours: []string{"database", "internal/pgserver"}, others: []string{"entgo.io/ent"}},
	"auth": {ours: commands("database"), others: []string{
		"entgo.io/ent", "github.com/go-jose/go-jose", "github.com/google/uuid",
	}},

	"catalog": {ours: commands("database"), others: []string{"entgo.io/ent"}},
	"upload":  {ours: commands("database", "event", "storage", "tabular"), others: []string{"entgo.io/ent"}},
	"importer": {
		ours:   commands("database", "event", "processor", "processor/script", "storage", "tabular"),
		others: []string{"entgo.io/ent", "github.com/lib/pq"},
	},
	"download": {
		ours:   join(ent, "database", "definition", "storage", "tabular", "viewer"),
		others: []string{"entgo.io/ent"},
	},
	"queue": {
		ours:   join(ent, "database", "event", "storage", "viewer"),
		others: []string{"entgo.io/ent", "github.com/lib/pq", "github.com/riverqueue/river"},
	},

	"graph": {
		ours: commands("catalog", "database", "download", "event", "graph/generated", "graph/model", "importer", "storage", "upload"),
		others: []string{
			"entgo.io/ent", "github.com/99designs/gqlgen", "github.com/coder/websocket", "github.com/vektah/gqlparser",
		},
	},
	"graph/model": {ours: join(ent, words...), others: []string{"github.com/99designs/gqlgen"}},
	"rest": {
		ours:   commands("database", "event", "importer", "storage", "upload"),
		others: []string{"entgo.io/ent", "github.com/danielgtaylor/huma", "github.com/go-chi/chi"},
	},
	"seed": {
		ours:   commands("catalog", "database", "importer", "storage", "upload"),
		others: []string{"entgo.io/ent", "golang.org/x/text"},
	},

	"internal/fakegcs":       {others: []string{"github.com/fsouza/fake-gcs-server"}},
	"internal/fakegcs/serve": {ours: []string{"internal/fakegcs"}},
	"internal/hostile":       {ours: []string{"definition"}, others: []string{"github.com/klauspost/compress"}},
	"internal/hostile/read":  {ours: []string{"definition", "internal/hostile", "tabular"}},
	"internal/pgserver":      {others: []string{"github.com/lib/pq"}},
	"internal/pgserver/with": {ours: []string{"internal/pgserver"}},
	"internal/testdb": {
		ours:   []string{"database", "ent/migrate/migrations", "internal/pgserver"},
		others: []string{"github.com/stretchr/testify"},
	},
	"bench":        {},
	"bench/data":   {},
	"bench/duckdb": {ours: []string{"bench/data", "definition", "processor", "tabular"}},
	"bench/gen":    {ours: []string{"bench/data"}},
}

// commands are what a package with commands, or one that calls them, may know beside the packages named.
func commands(more ...string) []string { return join(ent, join(words, more...)...) }

func join(some []string, more ...string) []string { return append(slices.Clone(some), more...) }

// TestPackagesKnowOnlyWhomTheyMay reads the imports of every file that is written by hand, tests aside.
func TestPackagesKnowOnlyWhomTheyMay(t *testing.T) {
	t.Parallel()
	found := imports(t)
	for folder, paths := range found {
		may, ok := known[folder]
		require.True(t, ok, "package %s is new: say in internal/arrows and .golangci.yml whom it may know", folder)
		for path, file := range paths {
			ours, isOurs := strings.CutPrefix(path, module+"/")
			switch {
			case isOurs:
				require.True(t, covers(may.ours, ours), "%s imports %s, which %s may not know", file, path, folder)
			case strings.Contains(strings.SplitN(path, "/", 2)[0], "."):
				require.True(t, within(may.others, path), "%s imports %s, which %s may not use", file, path, folder)
			default: // the standard library
				require.NotEqual(t, module, path, "%s imports the program", file)
			}
		}
	}
	for folder := range known {
		require.Contains(t, slices.Collect(maps.Keys(found)), folder, "there is no such package any more")
	}
}

// TestLinterKnowsTheSamePackages finds a package that has arrows here and none in the linter's rules.
func TestLinterKnowsTheSamePackages(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile("../../.golangci.yml")
	require.NoError(t, err)
	for folder := range known {
		if strings.HasPrefix(folder, "internal/") || strings.HasPrefix(folder, "bench") ||
			folder == "database/diff" || folder == "ent/migrate/migrations" {
			continue // programs and tests' helpers: this test is enough
		}
		require.Contains(t, string(rules), `"**/`+folder+`/*.go"`, "no depguard rule for package %s", folder)
	}
}

// TestTheBoundsBite makes sure that the two comparisons refuse something.
func TestTheBoundsBite(t *testing.T) {
	t.Parallel()
	require.True(t, covers([]string{"ent", "ent/..."}, "ent/site"))
	require.False(t, covers([]string{"ent"}, "ent/site"))
	require.False(t, covers([]string{"ent/..."}, "enterprise"))
	require.False(t, covers(known["upload"].ours, "queue"))
	require.False(t, covers(known["tabular"].ours, "ent"))
	require.True(t, within([]string{"entgo.io/ent"}, "entgo.io/ent/dialect"))
	require.False(t, within([]string{"entgo.io/ent"}, "entgo.io/entity"))
}

// imports are, by folder, what its files import and one file that does. Package main and generated files are left out.
func imports(t *testing.T) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if name != root && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		folder, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil || folder == "." || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		if isGenerated(text) || strings.Contains(string(text), "\n//go:build ignore\n") ||
			strings.HasPrefix(string(text), "//go:build ignore\n") {
			return nil
		}
		folder = filepath.ToSlash(folder)
		if found[folder] == nil {
			found[folder] = map[string]string{}
		}
		for _, each := range file.Imports {
			path, err := strconv.Unquote(each.Path.Value)
			if err != nil {
				return err
			}
			found[folder][path] = filepath.ToSlash(filepath.Join(folder, base))
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(found), 15)
	return found
}

// isGenerated looks for the line that generators write before the package clause.
func isGenerated(text []byte) bool {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "// Code generated ") && strings.HasSuffix(line, " DO NOT EDIT.") {
			return true
		}
		if strings.HasPrefix(line, "package ") {
			return false
		}
	}
	return false
}

// covers tells whether a package is one of the patterns'.
func covers(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		below, open := strings.CutSuffix(pattern, "...")
		return pattern == path || open && strings.HasPrefix(path, below)
	})
}

// within tells whether a package is one of the modules, at any major version, or below one.
func within(modules []string, path string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return m == path || strings.HasPrefix(path, m+"/") })
}
