// Package bench measures the whole product at work: what an import costs in time and memory on this machine. Its
// benchmarks use real parts, a fresh database and bucket each, and the file that bench/data makes.
//
//	go test -run '^$' -bench Import1M -benchtime 3x ./bench
//
// It may import everything but main, and nothing imports it.
package bench
