package brokertest

func retrying() promises   { return nil }
func peeking() promises    { return nil }
func disturbing() promises { return nil }
