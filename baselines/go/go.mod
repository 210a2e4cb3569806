module weft/baselines/go

go 1.19
