package refusal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/refusal"
	"entrepot/viewer"
)

func TestATextIsTrimmedAndEverythingWrongWithItIsSaid(t *testing.T) {
	t.Parallel()
	for text, wanted := range map[string][]string{
		"  Kuzey ":              nil,
		" \t ":                  {"The name is required."},
		strings.Repeat("ü", 10): nil,
		strings.Repeat("ü", 11): {"The name may not be longer than 10 characters; it has 11."},
		"a\x00b":                {"The name may not contain control characters."},
		"a\nb":                  {"The name may not contain control characters."},
		"a\u202eb":              {"The name may not contain control characters."},
		"a\xffb":                {"The name may not contain control characters."},
		strings.Repeat("a", 10) + "\x1b": {
			"The name may not be longer than 10 characters; it has 11.", "The name may not contain control characters.",
		},
	} {
		var wrong refusal.Errors
		got := wrong.Text(refusal.Input("name"), "The name", text, 10, true)
		require.Equal(t, strings.TrimSpace(text), got)
		var messages []string
		for _, e := range wrong {
			require.Equal(t, refusal.InvalidInput, e.Code)
			require.Equal(t, []string{"input", "name"}, e.Field)
			messages = append(messages, e.Message)
		}
		require.Equal(t, wanted, messages, "%q", text)
	}
	var wrong refusal.Errors
	wrong.Lines(nil, "The reason", "one\ntwo", 10, false)
	wrong.Lines(nil, "The reason", "", 10, false)
	require.NoError(t, wrong.OrNil())
}

func TestRefusalsAreFoundInAChain(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("start import: %w", refusal.New(refusal.NotFound, nil, "There is no %s.", "such thing"))
	found, ok := refusal.From(err)
	require.True(t, ok)
	require.Equal(t, "There is no such thing.", found.Error())
	_, ok = refusal.From(errors.New("other"))
	require.False(t, ok)
}

func TestWhoMayCommand(t *testing.T) {
	t.Parallel()
	collector := viewer.Viewer{UserID: "u", OrganizationID: "o", Role: viewer.RoleCollector}
	for _, c := range []struct {
		ctx   context.Context
		least viewer.Role
		group bool
		code  refusal.Code
	}{
		{context.Background(), viewer.RoleViewer, false, refusal.Forbidden},
		{viewer.NewContext(context.Background(), viewer.Viewer{}), viewer.RoleViewer, false, refusal.Forbidden},
		{viewer.NewContext(context.Background(), collector), viewer.RoleManager, false, refusal.Forbidden},
		{viewer.NewContext(context.Background(), collector), viewer.RoleCollector, true, refusal.GroupRequired},
		{viewer.NewContext(context.Background(), collector), viewer.RoleCollector, false, ""},
	} {
		_, err := refusal.Viewer(c.ctx, c.least, c.group)
		found, _ := refusal.From(err)
		if c.code == "" {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, c.code, found[0].Code)
	}
}
