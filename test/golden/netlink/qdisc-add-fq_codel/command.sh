tc qdisc add dev eth0 parent 1:1 handle 2: fq_codel limit 10240 flows 1024 target 5ms interval 100ms ce_threshold 2ms quantum 1514 memory_limit 33554432 drop_batch 64 ecn
