-- A seal of what a webhook or a chat is told, by the receiver's secret, which the worker alone has.
alter table notices add column seal text;
