package coalesce_test

import (
	"os"
	"testing"

	"example.com/app/lib/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.Main(m)) }
