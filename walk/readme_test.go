package walk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	flagRow  = regexp.MustCompile("(?m)^\\| `(--[a-z-]+)` \\| (?:`([A-Z_]+)`)? ?\\|")
	helpLine = regexp.MustCompile(`(?m)^  (--[a-z-]+) .*?(?:\(([A-Z_]{5,}).*\))?$`)
	link     = regexp.MustCompile(`\]\(([^)#:]+)\)`)
	folder   = regexp.MustCompile("`([a-z]+)/`")
)

// TestReadmeConfiguration compares the README's table with what the program says of its flags.
func TestReadmeConfiguration(t *testing.T) {
	t.Parallel()
	s := &server{binary: binary(t), environment: os.Environ()}
	pairs := func(pattern *regexp.Regexp, text string) (all []string) {
		for _, match := range pattern.FindAllStringSubmatch(text, -1) {
			all = append(all, match[1]+" "+match[2])
		}
		slices.Sort(all)
		return all
	}
	help, tokenHelp, found := strings.Cut(s.run(t, s.binary, "help"), "\nFlags of “entrepot token”:")
	require.True(t, found)
	require.Equal(t, pairs(helpLine, help), pairs(flagRow, readme(t)))
	for _, match := range helpLine.FindAllStringSubmatch(tokenHelp, -1) {
		require.Contains(t, readme(t), "`"+match[1]+"`")
	}
}

// TestReadmeNamesEveryFolder keeps the table of folders whole.
func TestReadmeNamesEveryFolder(t *testing.T) {
	t.Parallel()
	var named []string
	_, table, found := strings.Cut(readme(t), "## The folders\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n## ")
	for _, row := range strings.Split(table, "\n") {
		first, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		for _, match := range folder.FindAllStringSubmatch(first, -1) {
			named = append(named, match[1])
		}
	}
	entries, err := filepath.Glob("../*/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	for _, entry := range entries {
		require.Contains(t, named, filepath.Base(filepath.Dir(entry)))
	}
	for _, name := range named {
		require.DirExists(t, filepath.Join("..", name))
	}
}

// TestLinksLeadSomewhere follows the links between the documents.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../*.md")
	require.NoError(t, err)
	decisions, err := filepath.Glob("../docs/adr/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, decisions)
	for _, page := range append(pages, decisions...) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(page), match[1]))
			require.NoError(t, err, "%s links to %s", page, match[1])
		}
	}
}
