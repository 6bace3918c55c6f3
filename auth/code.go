package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// codes are the one-time codes that wait to be used. Only their hashes are kept: to find one by its hash takes no time
// that would tell anything about another.
type codes struct {
	life time.Duration
	now  func() time.Time

	mu      sync.Mutex
	waiting map[[sha256.Size]byte]waiting
}

type waiting struct {
	who     Identity
	expires time.Time
}

// add makes a code of 130 random bits.
func (c *codes) add(who Identity) string {
	code := rand.Text()
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	for hash, w := range c.waiting {
		if !now.Before(w.expires) {
			delete(c.waiting, hash)
		}
	}
	c.waiting[sha256.Sum256([]byte(code))] = waiting{who, now.Add(c.life)}
	return code
}

// take uses a code up.
func (c *codes) take(code string) (Identity, bool) {
	hash := sha256.Sum256([]byte(code))
	c.mu.Lock()
	defer c.mu.Unlock()
	w, ok := c.waiting[hash]
	delete(c.waiting, hash)
	if !ok || !c.now().Before(w.expires) {
		return Identity{}, false
	}
	return w.who, true
}

// NewCode makes a one-time code that is good for one token, for CodeLife, in this process. It is for the built-in
// sign-in only.
func (a *Authenticator) NewCode(who Identity) string { return a.codes.add(who) }

// bucket limits how often something may be tried: size times at once, and one time more whenever every has passed.
type bucket struct {
	now   func() time.Time
	size  int
	every time.Duration

	mu   sync.Mutex
	free time.Time // when it is full again
}

// take tells whether one more try is allowed now.
func (b *bucket) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if b.free.Before(now) {
		b.free = now
	}
	if b.free.Sub(now) > time.Duration(b.size-1)*b.every {
		return false
	}
	b.free = b.free.Add(b.every)
	return true
}
