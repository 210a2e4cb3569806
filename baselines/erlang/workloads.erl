%% SPDX-License-Identifier: Apache-2.0
%%
%% The workloads with Erlang's processes. A message goes to a process and not over a channel, and nobody waits until it has been received:
%% what is a channel elsewhere is the variant `mailbox`. Not here: buffered and select, for the same reason; mutex, for nothing is shared.
-module(workloads).
-export([all/0]).

-define(BATCH, 1000).
-define(RING, 503).
-define(FAN_OUT, 10).

all() ->
    [{"spawn/erlang", "", 1, fun batch/0, fun repeat/2},
     {"spawn/erlang", "/mode:one", 1, fun one_by_one/0, fun repeat/2},
     {"yield/erlang", "/tasks:2", 200, 2, fun yield/2},
     {"yield/erlang", "/tasks:8", 200, 8, fun yield/2},
     {"pingpong/erlang/mailbox", "", 50, 0, fun pingpong/2},
     {"ring/erlang/mailbox", "", 2, 0, fun ring/2},
     {"skynet/erlang/mailbox", "", 1, 1000000, fun skynet/2},
     {"skynet/erlang/mailbox", "/leaves:10000", 1, 10000, fun skynet/2},
     {"chameneos-redux/erlang/mailbox", "/creatures:3", 500, 3, fun chameneos/2},
     {"chameneos-redux/erlang/mailbox", "/creatures:10", 500, 10, fun chameneos/2},
     {"spawn_many/erlang", "", 1, {10000, fun spawn_all/0}, fun rounds/2},
     {"yield_many/erlang", "", 1, {200000, fun yield_all/0}, fun rounds/2},
     {"ping_pong/erlang/mailbox", "", 1, {1000, fun ping_all/0}, fun rounds/2},
     {"chained_spawn/erlang", "", 1, {1000, fun spawn_chain/0}, fun rounds/2},
     {"fib/erlang", "", 1, {fun() -> fib(25) end, 75025, 121392}, fun tree/2},
     {"nqueens/erlang", "", 1, {fun() -> queens([], 0) end, 724, 35538}, fun tree/2}].

times(0, _) -> ok;
times(N, F) -> F(), times(N - 1, F).

sum_of(0, _, Sum) -> Sum;
sum_of(N, F, Sum) -> sum_of(N - 1, F, Sum + F()).

%% ---- spawn: how many children said that they ran ----

batch() ->
    Self = self(),
    spawn_some(?BATCH, Self),
    gather(?BATCH, 0).

spawn_some(0, _) -> ok;
spawn_some(N, Self) -> spawn(fun() -> Self ! 1 end), spawn_some(N - 1, Self).

gather(0, Sum) -> Sum;
gather(N, Sum) -> receive V -> gather(N - 1, Sum + V) end.

one_by_one() ->
    Self = self(),
    sum_of(?BATCH, fun() -> spawn(fun() -> Self ! 1 end), receive V -> V end end, 0).

repeat(N, Way) ->
    Way(),
    {_, _, Sum} = Time = bench:timed(fun() -> sum_of(N, Way, 0) end),
    {N * ?BATCH, Time, [{"children that ran", Sum, N * ?BATCH}]}.

%% ---- yield: calls count, for processes have no word in common ----

yield(N, Tasks) ->
    {_, _, Calls} = Time = bench:timed(fun() ->
        lists:sum(bench:wait_each(bench:spawn_each(fun(_) -> times(N, fun erlang:yield/0), N end, lists:seq(1, Tasks))))
    end),
    {N * Tasks, Time, [{"yields", Calls, N * Tasks}]}.

%% ---- pingpong ----

answer() ->
    receive
        {From, V} -> From ! V + 1, answer();
        stop -> ok
    end.

ask(0, _, _, V) -> V;
ask(N, To, Self, V) -> To ! {Self, V}, receive Next -> ask(N - 1, To, Self, Next) end.

pingpong(N, _) ->
    Pid = spawn(fun answer/0),
    Self = self(),
    {_, _, V} = Time = bench:timed(fun() -> ask(N, Pid, Self, 0) end),
    Pid ! stop,
    {N, Time, [{"answers", V, N}]}.

%% ---- ring ----

pass_on(Next) ->
    receive
        stop -> Next ! stop;
        Token -> Next ! Token + 1, pass_on(Next)
    end.

links(0, Next) -> Next;
links(N, Next) -> links(N - 1, spawn(fun() -> pass_on(Next) end)).

laps(0, _, Token) -> Token;
laps(N, First, Token) -> First ! Token + 1, receive Next -> laps(N - 1, First, Next) end.

ring(N, _) ->
    First = links(?RING - 1, self()),
    First ! 0, % a first lap, untimed
    Token = receive T -> T end,
    {_, _, Last} = Time = bench:timed(fun() -> laps(N, First, Token) end),
    First ! stop,
    receive stop -> ok end,
    {N * ?RING, Time, [{"the token", Last + 1, (N + 1) * ?RING}]}.

%% ---- skynet ----

node(Up, First, 1) -> Up ! First;
node(Up, First, Leaves) ->
    Self = self(),
    Part = Leaves div ?FAN_OUT,
    [spawn(fun() -> node(Self, First + I * Part, Part) end) || I <- lists:seq(0, ?FAN_OUT - 1)],
    Up ! gather(?FAN_OUT, 0).

skynet(N, Leaves) ->
    Tree = fun() -> Self = self(), spawn(fun() -> node(Self, 0, Leaves) end), receive Sum -> Sum end end,
    Tree(),
    {_, _, Sum} = Time = bench:timed(fun() -> sum_of(N, Tree, 0) end),
    {N, Time, [{"the leaves' sum", Sum, N * (Leaves * (Leaves - 1) div 2)}]}.

%% ---- chameneos: the place is a process ----

complement(C, C) -> C;
complement(A, B) -> 3 - A - B. % of 0, 1, 2

place(0, Creatures) -> [C ! over || C <- Creatures];
place(Left, Creatures) ->
    receive {Id1, C1, P1} -> receive {Id2, C2, P2} -> P1 ! {Id2, C2}, P2 ! {Id1, C1}, place(Left - 1, Creatures) end end.

creature(Place, Id, Colour, Meetings, WithItself) ->
    Place ! {Id, Colour, self()},
    receive
        {Id, C} -> creature(Place, Id, complement(Colour, C), Meetings + 1, WithItself + 1);
        {_, C} -> creature(Place, Id, complement(Colour, C), Meetings + 1, WithItself);
        over -> {Meetings, WithItself}
    end.

chameneos(N, Count) ->
    Self = self(),
    Colours = lists:sublist([0, 1, 2, 1, 2, 0, 1, 2, 1, 0], Count),
    {_, _, Ends} = Time = bench:timed(fun() ->
        Place = spawn(fun() -> receive Creatures -> place(N, Creatures) end end),
        Place ! [spawn(fun() -> Self ! {done, creature(Place, I, C, 0, 0)} end) || {I, C} <- lists:zip(lists:seq(1, Count), Colours)],
        bench:wait_each(Colours)
    end),
    {N, Time, [{"visits", lists:sum([M || {M, _} <- Ends]), 2 * N}, {"who met itself", lists:sum([W || {_, W} <- Ends]), 0}]}.

%% ---- tokio's ----

spawn_all() ->
    Self = self(),
    Count = atomics:new(1, []),
    atomics:put(Count, 1, 10000),
    times(10000, fun() -> spawn(fun() -> case atomics:sub_get(Count, 1, 1) of 0 -> Self ! 10000; _ -> ok end end) end),
    receive V -> V end.

yield_all() ->
    Self = self(),
    Count = atomics:new(1, []),
    atomics:put(Count, 1, 200),
    times(200, fun() ->
        spawn(fun() ->
            times(1000, fun erlang:yield/0),
            case atomics:sub_get(Count, 1, 1) of 0 -> Self ! 200000; _ -> ok end
        end)
    end),
    receive V -> V end.

ping_all() ->
    Self = self(),
    Count = atomics:new(2, []),
    atomics:put(Count, 1, 1000),
    times(1000, fun() ->
        spawn(fun() ->
            Me = self(),
            Pid = spawn(fun() -> receive V -> Me ! V + 1 end end),
            Pid ! 0,
            receive A -> atomics:add(Count, 2, A) end,
            case atomics:sub_get(Count, 1, 1) of 0 -> Self ! atomics:get(Count, 2); _ -> ok end
        end)
    end),
    receive V -> V end.

link(Self, 0, Made) -> Self ! Made;
link(Self, Left, Made) -> spawn(fun() -> link(Self, Left - 1, Made + 1) end).

spawn_chain() ->
    Self = self(),
    spawn(fun() -> link(Self, 999, 1) end),
    receive V -> V end.

rounds(N, {Worth, Once}) ->
    Once(),
    {_, _, Sum} = Time = bench:timed(fun() -> sum_of(N, Once, 0) end),
    {N * Worth, Time, [{"what was done", Sum, N * Worth}]}.

%% ---- fib, nqueens ----

fib(N) when N < 2 -> N;
fib(N) ->
    Self = self(),
    Pid = spawn(fun() -> Self ! {self(), fib(N - 1)} end),
    Second = fib(N - 2),
    receive {Pid, First} -> First + Second end.

safe(_, _, []) -> true;
safe(Column, Distance, [C | Above]) ->
    C =/= Column andalso abs(C - Column) =/= Distance andalso safe(Column, Distance + 1, Above).

queens(_, 10) -> 1;
queens(Above, Rows) ->
    Self = self(),
    Below = [spawn(fun() -> Self ! queens([Column | Above], Rows + 1) end) || Column <- lists:seq(0, 9), safe(Column, 1, Above)],
    gather(length(Below), 0).

tree(N, {Tree, Value, Tasks}) ->
    Tree(),
    {_, _, Sum} = Time = bench:timed(fun() -> sum_of(N, Tree, 0) end),
    {N * Tasks, Time, [{"the sum", Sum, N * Value}]}.
