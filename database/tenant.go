package database

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/lib/pq"

	"entrepot/viewer"
)

// identity is what row-level security knows about who asks. The zero value is nobody, who sees no tenant's row.
type identity struct {
	organization, group, user, tokenHash string
	allGroups                            bool
}

// identityOf is the viewer's of the context. A part of the server that works across organizations has none: row-level
// security has no setting for it.
func identityOf(ctx context.Context) identity {
	v, ok := viewer.FromContext(ctx)
	if !ok {
		return identity{}
	}
	return identity{v.OrganizationID, v.GroupID, v.UserID, v.TokenHash, v.AllGroups() && v.OrganizationID != ""}
}

// statement sets the identity for the rest of the transaction. Literals instead of parameters save a round trip, and let
// it travel with BEGIN; what could end a literal early is quoted or refused.
func (i identity) statement() (string, error) {
	allGroups := ""
	if i.allGroups {
		allGroups = "on"
	}
	var b strings.Builder
	b.WriteString("SELECT ")
	for n, setting := range []struct{ name, value string }{
		{"organization_id", i.organization},
		{"group_id", i.group},
		{"user_id", i.user},
		{"all_groups", allGroups},
		{"token_hash", i.tokenHash},
	} {
		if len(setting.value) > 1024 || !utf8.ValidString(setting.value) || strings.ContainsRune(setting.value, 0) {
			return "", fmt.Errorf("database: the viewer's %s cannot be one", setting.name)
		}
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteString("set_config('app." + setting.name + "'," + pq.QuoteLiteral(setting.value) + ",true)")
	}
	return b.String(), nil
}

// assume makes the transaction's identity that of the context, where it is another one. The caller has the turn.
func (s *session) assume(ctx context.Context) error {
	if !s.db.isPostgres() {
		return nil
	}
	who := identityOf(ctx)
	if s.known && s.who == who {
		return nil
	}
	text, err := who.statement()
	if err != nil {
		return err
	}
	s.known = false
	if _, err := s.tx.ExecContext(context.WithoutCancel(ctx), text); err != nil {
		s.fail(err)
		return fmt.Errorf("tell the database who asks: %w", err)
	}
	s.who, s.known = who, true
	return nil
}
