package postgres

import (
	"encoding/json"
	"fmt"

	"entrepot/event"
)

// maxPayload is the most bytes that a notification carries: PostgreSQL takes fewer than 8,000.
const maxPayload = 7999

// note is a notification: who sends it, and what changed.
type note struct {
	From string `json:"from"`
	// All says that changes could not be told one by one: look again at everything.
	All     bool   `json:"all,omitempty"`
	Changes []told `json:"changes,omitempty"`
}

type told struct {
	Kind           event.Kind `json:"k"`
	OrganizationID string     `json:"o"`
	ID             string     `json:"i"`
	Progress       bool       `json:"p,omitempty"`
	Final          bool       `json:"f,omitempty"`
}

// encode writes changes into as few notifications as hold them. A change too long for any becomes “look at everything”.
func encode(from string, changes []event.Change) (payloads []string) {
	var batch []told
	empty := len(text(note{From: from, Changes: []told{}})) + len(`"changes":[],`)
	size, all := empty, false
	flush := func() {
		if len(batch) > 0 {
			payloads = append(payloads, text(note{From: from, Changes: batch}))
		}
		batch, size = nil, empty
	}
	for _, c := range changes {
		t := told(c)
		n := len(text(t)) + len(",")
		switch {
		case empty+n > maxPayload:
			all = true
			continue
		case size+n > maxPayload:
			flush()
		}
		batch = append(batch, t)
		size += n
	}
	flush()
	if all {
		payloads = append(payloads, encodeAll(from))
	}
	return payloads
}

func encodeAll(from string) string { return text(note{From: from, All: true}) }

// decode reads a notification.
func decode(payload string) (from string, changes []event.Change, all bool, err error) {
	var n note
	if err := json.Unmarshal([]byte(payload), &n); err != nil {
		return "", nil, false, fmt.Errorf("read notification: %w", err)
	}
	for _, t := range n.Changes {
		changes = append(changes, event.Change(t))
	}
	return n.From, changes, n.All, nil
}

// text is JSON; what is written here cannot fail.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
