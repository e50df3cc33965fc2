package strict

import "sync"

// The codes that the rules iso4217 and iso3166_1_alpha2 take.
var (
	currencies = sync.OnceValue(func() []any { return codes("iso4217", 3) })
	countries  = sync.OnceValue(func() []any { return codes("iso3166_1_alpha2", 2) })
)

// codes asks the validator, which keeps its lists to itself, about every word of that many capital letters.
func codes(rule string, length int) (known []any) {
	words := []string{""}
	for range length {
		words = longer(words)
	}
	for _, word := range words {
		if rules().Var(word, rule) == nil {
			known = append(known, word)
		}
	}
	return known
}

func longer(words []string) []string {
	all := make([]string, 0, 26*len(words))
	for _, word := range words {
		for letter := 'A'; letter <= 'Z'; letter++ {
			all = append(all, word+string(letter))
		}
	}
	return all
}
