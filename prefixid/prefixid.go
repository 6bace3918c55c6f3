// Package prefixid makes and reads the global ids of the API: a readable prefix that tells the type, a dash, and a
// time-ordered tail, such as imp-06fvk2m3… Ids sort by the time that they were made at, to the millisecond.
//
// It is a leaf that knows no other package of the project. Clients treat ids as opaque.
package prefixid

import (
	"encoding/base32"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Prefix tells the type of what an id names.
type Prefix string

// The prefixes of the API's types.
const (
	Organization  Prefix = "org"
	Group         Prefix = "grp"
	User          Prefix = "user"
	Membership    Prefix = "mem"
	APIToken      Prefix = "tok"
	Site          Prefix = "site"
	Definition    Prefix = "impdef"
	Version       Prefix = "impver"
	Import        Prefix = "imp"
	Result        Prefix = "impres"
	RowError      Prefix = "imperr"
	LogLine       Prefix = "implog"
	UploadHistory Prefix = "upl"
)

// System is the reserved organization that owns system-wide definitions.
const System = "org-system"

// order-preserving lower-case base32 (RFC 4648, section 7), so that the tail sorts as its bytes do.
var tail = base32.HexEncoding.WithPadding(base32.NoPadding)

// New makes an id from a version 7 UUID (RFC 9562).
func New(p Prefix) string {
	u := uuid.Must(uuid.NewV7())
	return string(p) + "-" + strings.ToLower(tail.EncodeToString(u[:]))
}

// Parse splits an id. It reports false for a text that is not of the form prefix-tail; it does not tell
// whether the id exists.
func Parse(id string) (p Prefix, rest string, ok bool) {
	prefix, rest, ok := strings.Cut(id, "-")
	if !ok || prefix == "" || rest == "" || len(id) > 64 {
		return "", "", false
	}
	return Prefix(prefix), rest, true
}

// Is tells whether id is of the given type.
func Is(p Prefix, id string) bool {
	got, _, ok := Parse(id)
	return ok && got == p
}

// epoch is where database numbers count from.
var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// NewNumber makes the database number of an upload history: milliseconds since 2020 × 4096 + random, 53 bits, so
// that it fits a JavaScript number and tells nothing about how many others there are.
func NewNumber() int64 {
	apart := rand.Int64N(4096) //nolint:gosec // no secret: it keeps numbers of one millisecond apart
	return (time.Now().UnixMilli()-epoch)*4096 + apart
}

// FromNumber is the global id of a database number.
func FromNumber(p Prefix, n int64) string {
	return string(p) + "-" + strconv.FormatInt(n, 10)
}

// Number is the database number in a global id; false where the id is of another type or not a positive number
// in its one canonical spelling.
func Number(p Prefix, id string) (int64, bool) {
	got, rest, ok := Parse(id)
	if !ok || got != p {
		return 0, false
	}
	n, err := strconv.ParseInt(rest, 10, 64)
	return n, err == nil && n > 0 && strconv.FormatInt(n, 10) == rest
}
