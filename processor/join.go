package processor

// Join has another aggregation's rows count in this one's results: that of another file, whose columns stand elsewhere
// or whose numbers and dates are written in another way, with the same version otherwise. It is called after the last
// Add of the other one, which is spent then. With code, both have the same Spill.
func (a *Aggregation) Join(other *Aggregation) {
	other.mutex.Lock()
	workers := other.workers
	other.workers = nil
	other.mutex.Unlock()
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.workers = append(a.workers, workers...)
}
