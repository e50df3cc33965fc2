package coalesce

// Waiting is how many calls are in the queue.
func (g *Group[A, V]) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queue)
}

// Busy is how many lanes are taken.
func (g *Group[A, V]) Busy() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.busy
}
