package broker

import "time"

// pile is what waits to be begun, by size messages at a time, or by those that came within the wait.
type pile struct {
	size    int
	waiting []Delivery
	due     <-chan time.Time // since there are some
	overdue bool
}

func (p *pile) put(d Delivery) {
	p.waiting = append(p.waiting, d)
	if len(p.waiting) == 1 {
		p.await()
	}
}

func (p *pile) await() {
	p.overdue, p.due = false, nil
	if p.size > 1 && len(p.waiting) > 0 {
		p.due = time.After(batchWait)
	}
}

func (p *pile) ripe() bool {
	return len(p.waiting) >= p.size || p.overdue
}

func (p *pile) take() []Delivery {
	n := min(p.size, len(p.waiting))
	taken := p.waiting[:n:n]
	p.waiting = p.waiting[n:]
	p.await()
	return taken
}
