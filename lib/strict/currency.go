package strict

import "sync"

// currencies are the codes that the rule iso4217 takes. The validator keeps its list to itself, so it is asked about every
// word of three capital letters, once in a process that describes itself.
var currencies = sync.OnceValue(func() (codes []any) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, a := range letters {
		for _, b := range letters {
			for _, c := range letters {
				if code := string([]rune{a, b, c}); rules().Var(code, "iso4217") == nil {
					codes = append(codes, code)
				}
			}
		}
	}
	return codes
})
