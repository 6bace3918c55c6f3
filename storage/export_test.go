package storage

import (
	"context"
	"time"
)

// OpenAt is Open with Google's services elsewhere, which are asked a second time after a millisecond.
func OpenAt(ctx context.Context, config Config, storage, signing string) (*Bucket, error) {
	return openAt(ctx, config, places{storage: storage, signing: signing, wait: time.Millisecond})
}

// Wait sets how long a remote bucket waits before the second try of a call.
func (b *Bucket) Wait(d time.Duration) { b.store.(*cloud).wait = d }

// PieceBytes is how much a Writer sends to a remote bucket at once.
const PieceBytes = pieceBytes

// MaxTries is how often a call is made.
const MaxTries = maxTries

// SignV4 signs any request by Google's rules, so that it can be compared with what others make of it.
func (b *Bucket) SignV4(
	ctx context.Context, method, key string, headers []Header, query map[string]string, expiry time.Duration,
) (string, error) {
	address, _, err := b.store.(*cloud).sign(ctx, method, key, headers, query, expiry)
	return address, err
}
