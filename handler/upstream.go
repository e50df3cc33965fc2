package handler

import (
	"example.com/app/lib/pages"
	"example.com/app/lib/worldtime"
)

// Upstreams are the other systems that routes ask.
type Upstreams struct {
	States *States
	Time   *worldtime.Client // nil: our own data answers
	Pages  *pages.Client     // nil: PAGES_URL is not set
}
