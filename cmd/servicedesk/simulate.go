package main

import (
	"context"

	"servicedesk/simulator"
)

func runSimulate(ctx context.Context, in *invocation) error {
	fs := in.flags("simulate")
	listen := fs.String("listen", "127.0.0.1:8090", "address of the simulated platforms and the browser page")
	desk := fs.String("desk", "http://127.0.0.1:8080", "address of the desk that is called back")
	data := fs.String("data", "", "folder in which everything is kept (default: nothing is kept)")
	virtual := fs.Bool("virtual-clock", false, "a clock that only moves when told")
	start := fs.String("clock-start", "", "where the virtual clock starts, RFC 3339")
	if err := in.parse(fs); err != nil {
		return err
	}
	from, err := clockStart(*start, *virtual)
	if err != nil {
		return err
	}
	sim, err := simulator.New(simulator.Options{Listen: *listen, DeskURL: *desk, Virtual: *virtual, Start: from, DataDir: *data,
		Logger: newLogger(in.stderr, "info")})
	if err != nil {
		return err
	}
	in.println("两个平台已在模拟 / both platforms are simulated: http://" + sim.Addr() + "/")
	return sim.Run(ctx)
}
