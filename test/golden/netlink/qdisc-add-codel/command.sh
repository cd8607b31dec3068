tc qdisc add dev eth0 parent 1:1 handle 2: codel limit 1000 target 5ms interval 100ms ce_threshold 2ms noecn
