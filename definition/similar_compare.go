package definition

import "slices"

// like is how alike a name and a header are.
type like struct {
	score float32
	kin   kinship
}

// comparer compares names with the headers of one file, each word once.
type comparer struct {
	headers []*phrase
	heard   []*word // the words of the headers, each once
	holders [][]int // by word: the headers that hold it
}

func newComparer(headers []*phrase) *comparer {
	c := &comparer{headers: headers}
	place := make(map[*word]int)
	for at, h := range headers {
		h.heard = nil
		for _, w := range h.words {
			if _, ok := place[w]; !ok {
				place[w] = len(c.heard)
				c.heard = append(c.heard, w)
				c.holders = append(c.holders, nil)
			}
			c.holders[place[w]] = append(c.holders[place[w]], at)
			h.heard = append(h.heard, place[w])
		}
	}
	return c
}

// row gives the likeness of a word to each word of the headers, nil when it is like none.
func (c *comparer) row(w *word) []like {
	if w.compared {
		return w.row
	}
	w.compared = true
	for i, h := range c.heard {
		if score, kin := w.alike(h); score > 0 {
			if w.row == nil {
				w.row = make([]like, len(c.heard))
			}
			w.row[i] = like{float32(score), kin}
		}
	}
	return w.row
}

// compare gives the likeness of a name to each header, nil when it is like none. Nothing is above 1.
func (c *comparer) compare(name *phrase) []like {
	if name.compared {
		return name.likes
	}
	name.compared = true
	related := slices.ContainsFunc(name.words, func(w *word) bool { return c.row(w) != nil })
	for i, h := range c.headers {
		var l like
		switch {
		case related:
			l = c.pair(name, h, nil)
		case !name.plain || !h.plain:
			l = like{float32(whole(name, h)), kinSimilar}
		}
		if l.score < 0.3 {
			continue
		}
		if name.likes == nil {
			name.likes = make([]like, len(c.headers))
		}
		name.likes[i] = l
	}
	return name.likes
}

// pair weighs the words that a name and a header share against those that only one of them has. A word of the header
// that the definition's own name holds (context) counts little: a gas definition's "consumption" may well be called "gas
// consumption".
func (c *comparer) pair(name, header *phrase, context []*word) like {
	const contextWeight = 0.2
	if len(name.words) == 0 || len(header.words) == 0 {
		return like{}
	}
	var (
		shared, total float64
		kin           kinship
		taken         uint64
	)
	for _, w := range name.words {
		total += w.weight
		row := c.row(w)
		if row == nil {
			continue
		}
		best, at := like{}, -1
		for j, place := range header.heard {
			if l := row[place]; taken&(1<<j) == 0 && l.score > best.score {
				best, at = l, j
			}
		}
		if at < 0 {
			continue
		}
		taken |= 1 << at
		shared += float64(best.score) * (w.weight + header.words[at].weight)
		kin = max(kin, best.kin)
	}
	for j, h := range header.words {
		if weight := h.weight; taken&(1<<j) == 0 && slices.ContainsFunc(context, h.means) {
			total += weight * contextWeight
		} else {
			total += weight
		}
	}
	best := like{float32(shared / total), kin}
	if best.score < 0.999 && kin < kinSimilar && best.score < likeShort*0.99 {
		best.kin = kinSimilar
	}
	if !name.plain || !header.plain {
		if whole := float32(whole(name, header)); whole > best.score {
			best = like{whole, kinSimilar}
		}
	}
	return best
}

func (w *word) means(other *word) bool { return w == other || w.shares(other) }

// whole compares names as one word, for spaces that are missing or too many.
func whole(name, header *phrase) float64 {
	if name.packed && header.packed {
		return commonPart([]rune(name.base), []rune(header.base))
	}
	if len(name.words) == len(header.words) || name.packed || header.packed {
		return 0
	}
	const shortest = 5
	short, long := name, header
	if short.length > long.length {
		short, long = long, short
	}
	if short.length < shortest || !maybeTyped(short.length, long.length, short.mask, long.mask) {
		return 0
	}
	return typed([]rune(short.base), []rune(long.base), short.mask, long.mask)
}
