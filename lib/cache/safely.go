package cache

import "example.com/app/lib/telemetry"

// safely makes an error of a panic: go-redis has them for what is no Redis, and a refresh is nobody's request.
func safely(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = telemetry.Recovered(p)
		}
	}()
	return do()
}
