use std::mem;
use std::ops::Range;

use ruby_prism::*;

use super::literal::readable;
use super::{Call, Standing, Under, Why, sender};

/// As deep as a tree may be. Files that people write stay below 100; a walk goes down by calling itself.
pub(super) const MOST_LEVELS: usize = 500;

/// What is gathered on the way through a file's syntax tree, in the order of the text.
pub(super) struct Walk<'s> {
    pub(super) source: &'s [u8],
    pub(super) comments: Vec<Range<usize>>,
    pub(super) calls: Vec<Call>,
    /// What may make settings that nobody sees, and where.
    pub(super) unseen: Vec<(usize, Why)>,
    /// The statements of the top level, each with its heredocs.
    pub(super) statements: Vec<Range<usize>>,
    /// Where the first `return` stands that may end the file.
    pub(super) returns: Option<usize>,
    pub(super) too_deep: bool,
    at: Standing,
    /// Inside of what does not run while the file is read.
    muted: bool,
    /// Methods and lambdas around: a `return` in one ends that alone.
    returnable: usize,
    heredocs: usize,
    depth: usize,
}

impl<'s> Walk<'s> {
    pub(super) fn new(source: &'s [u8], comments: Vec<Range<usize>>) -> Walk<'s> {
        Walk {
            source,
            comments,
            calls: Vec::new(),
            unseen: Vec::new(),
            statements: Vec::new(),
            returns: None,
            too_deep: false,
            at: Standing::Plain,
            muted: false,
            returnable: 0,
            heredocs: 0,
            depth: 0,
        }
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        self.source[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1
    }

    /// The lines of `range` without comments, indentation and empty lines.
    pub(super) fn clean(&self, range: Range<usize>) -> String {
        let mut bytes = Vec::new();
        let mut from = range.start;
        for comment in self.comments.iter().filter(|comment| range.start <= comment.start && comment.end <= range.end) {
            bytes.extend_from_slice(&self.source[from..comment.start]);
            from = comment.end;
        }
        bytes.extend_from_slice(&self.source[from..range.end]);
        let text = readable(&bytes);
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Where a call that is found now stands.
    pub(super) fn standing(&self) -> Standing {
        match (&self.at, self.returns) {
            (Standing::Plain, Some(offset)) => Standing::Under { what: Under::Return, line: self.line(offset) },
            (at, _) => at.clone(),
        }
    }

    pub(super) fn see(&mut self, offset: usize, why: Why) {
        if !self.muted {
            self.unseen.push((offset, why));
        }
    }

    fn deeper(&mut self, walk: impl FnOnce(&mut Self)) {
        self.depth += 1;
        if self.depth > MOST_LEVELS {
            self.too_deep = true;
        } else {
            walk(self);
        }
        self.depth -= 1;
    }

    fn within(&mut self, what: Under, from: &Location<'_>, walk: impl FnOnce(&mut Self)) {
        // A part of an expression says less than the condition around it.
        let at = if what == Under::Expression && self.at != Standing::Plain {
            self.at.clone()
        } else {
            Standing::Under { what, line: self.line(from.start() as usize) }
        };
        let outer = mem::replace(&mut self.at, at);
        self.deeper(walk);
        self.at = outer;
    }

    fn expression<'pr>(&mut self, node: &Node<'pr>) {
        self.within(Under::Expression, &node.location(), |walk| walk.visit(node));
    }

    /// Muted: it runs later, or with another `self`.
    fn elsewhere(&mut self, walk: impl FnOnce(&mut Self)) {
        let outer = mem::replace(&mut self.muted, true);
        self.deeper(walk);
        self.muted = outer;
    }

    fn method(&mut self, what: Under, from: &Location<'_>, walk: impl FnOnce(&mut Self)) {
        self.returnable += 1;
        self.within(what, from, walk);
        self.returnable -= 1;
    }

    fn statement<'pr>(&mut self, node: &Node<'pr>) {
        let own = node.as_call_node().is_some()
            || node.as_parentheses_node().is_some()
            || node.as_begin_node().is_some()
            || node.as_if_node().is_some()
            || node.as_unless_node().is_some()
            || node.as_return_node().is_some();
        if own { self.visit(node) } else { self.expression(node) }
    }

    fn statements<'pr>(&mut self, statements: Option<StatementsNode<'pr>>) {
        if let Some(statements) = statements {
            self.visit_statements_node(&statements);
        }
    }

    fn heredoc(&mut self, opening: Option<Location<'_>>, closing: Option<Location<'_>>) {
        if let (Some(opening), Some(closing)) = (opening, closing)
            && opening.as_slice().starts_with(b"<<")
        {
            let line = closing.as_slice().trim_ascii_end().len();
            self.heredocs = self.heredocs.max(closing.start() as usize + line);
        }
    }

    fn call<'pr>(&mut self, node: &CallNode<'pr>) {
        let found = if self.muted { Vec::new() } else { sender::calls(self, node) };
        let (first, end) = (self.calls.len(), node.location().end() as usize);
        let later = found.iter().any(|call| call.setting.runs_later());
        let count = found.len();
        self.calls.extend(found);
        let outer = mem::replace(&mut self.heredocs, 0);
        if let Some(receiver) = node.receiver() {
            self.expression(&receiver);
        }
        for argument in node.arguments().iter().flat_map(|arguments| arguments.arguments().iter().collect::<Vec<_>>()) {
            self.expression(&argument);
        }
        match node.block() {
            Some(block) if later => self.elsewhere(|walk| walk.visit(&block)),
            Some(block) if block.as_block_node().is_some() => {
                let of = readable(node.name().as_slice());
                self.within(Under::Block { of }, &node.location(), |walk| walk.visit(&block));
            }
            Some(argument) => self.expression(&argument),
            None => {}
        }
        if self.heredocs > end {
            let text = self.clean(end..self.heredocs);
            for call in &mut self.calls[first..first + count] {
                call.heredocs = Some(self.heredocs);
                for argument in call.arguments.iter_mut().filter(|argument| argument.value.is_none()) {
                    argument.source = format!("{}\n{text}", argument.source);
                }
            }
        }
        self.heredocs = self.heredocs.max(outer);
    }
}

/// Nodes of which only the depth matters.
macro_rules! bounded {
    ($($visit:ident($node:ident),)*) => {
        $(fn $visit(&mut self, node: &$node<'pr>) {
            self.deeper(|walk| ruby_prism::$visit(walk, node));
        })*
    };
}

impl<'pr> Visit<'pr> for Walk<'_> {
    fn visit_program_node(&mut self, node: &ProgramNode<'pr>) {
        for child in &node.statements().body() {
            self.heredocs = 0;
            self.statement(&child);
            let location = child.location();
            self.statements.push(location.start() as usize..self.heredocs.max(location.end() as usize));
        }
    }

    fn visit_statements_node(&mut self, node: &StatementsNode<'pr>) {
        self.deeper(|walk| node.body().iter().for_each(|child| walk.statement(&child)));
    }

    fn visit_call_node(&mut self, node: &CallNode<'pr>) {
        self.deeper(|walk| walk.call(node));
    }

    fn visit_if_node(&mut self, node: &IfNode<'pr>) {
        let what = if node.if_keyword_loc().is_some() { Under::If } else { Under::Ternary };
        self.expression(&node.predicate());
        self.within(what, &node.location(), |walk| {
            walk.statements(node.statements());
            if let Some(subsequent) = node.subsequent() {
                walk.visit(&subsequent);
            }
        });
    }

    fn visit_unless_node(&mut self, node: &UnlessNode<'pr>) {
        self.expression(&node.predicate());
        self.within(Under::Unless, &node.location(), |walk| {
            walk.statements(node.statements());
            if let Some(otherwise) = node.else_clause() {
                walk.visit_else_node(&otherwise);
            }
        });
    }

    fn visit_begin_node(&mut self, node: &BeginNode<'pr>) {
        if node.rescue_clause().is_none() && node.ensure_clause().is_none() && node.else_clause().is_none() {
            self.deeper(|walk| walk.statements(node.statements()));
        } else {
            self.within(Under::Rescue, &node.location(), |walk| ruby_prism::visit_begin_node(walk, node));
        }
    }

    fn visit_return_node(&mut self, node: &ReturnNode<'pr>) {
        ruby_prism::visit_return_node(self, node);
        if !self.muted && self.returnable == 0 {
            self.returns.get_or_insert(node.location().start() as usize);
        }
    }

    fn visit_case_node(&mut self, node: &CaseNode<'pr>) {
        self.within(Under::Case, &node.location(), |walk| ruby_prism::visit_case_node(walk, node));
    }

    fn visit_case_match_node(&mut self, node: &CaseMatchNode<'pr>) {
        self.within(Under::Case, &node.location(), |walk| ruby_prism::visit_case_match_node(walk, node));
    }

    fn visit_while_node(&mut self, node: &WhileNode<'pr>) {
        self.within(Under::Loop, &node.location(), |walk| ruby_prism::visit_while_node(walk, node));
    }

    fn visit_until_node(&mut self, node: &UntilNode<'pr>) {
        self.within(Under::Loop, &node.location(), |walk| ruby_prism::visit_until_node(walk, node));
    }

    fn visit_for_node(&mut self, node: &ForNode<'pr>) {
        self.within(Under::Loop, &node.location(), |walk| ruby_prism::visit_for_node(walk, node));
    }

    fn visit_rescue_modifier_node(&mut self, node: &RescueModifierNode<'pr>) {
        self.within(Under::Rescue, &node.location(), |walk| ruby_prism::visit_rescue_modifier_node(walk, node));
    }

    fn visit_and_node(&mut self, node: &AndNode<'pr>) {
        self.within(Under::Logic, &node.location(), |walk| ruby_prism::visit_and_node(walk, node));
    }

    fn visit_or_node(&mut self, node: &OrNode<'pr>) {
        self.within(Under::Logic, &node.location(), |walk| ruby_prism::visit_or_node(walk, node));
    }

    fn visit_lambda_node(&mut self, node: &LambdaNode<'pr>) {
        self.method(Under::Lambda, &node.location(), |walk| ruby_prism::visit_lambda_node(walk, node));
    }

    fn visit_def_node(&mut self, node: &DefNode<'pr>) {
        let name = readable(node.name().as_slice());
        sender::redefined(self, &name, &node.location());
        self.method(Under::Method { name }, &node.location(), |walk| ruby_prism::visit_def_node(walk, node));
    }

    fn visit_alias_method_node(&mut self, node: &AliasMethodNode<'pr>) {
        if let Some(name) = node.new_name().as_symbol_node() {
            sender::redefined(self, &readable(name.unescaped()), &node.location());
        }
    }

    fn visit_class_node(&mut self, node: &ClassNode<'pr>) {
        self.elsewhere(|walk| ruby_prism::visit_class_node(walk, node));
    }

    fn visit_module_node(&mut self, node: &ModuleNode<'pr>) {
        self.elsewhere(|walk| ruby_prism::visit_module_node(walk, node));
    }

    /// Asks and does not run.
    fn visit_defined_node(&mut self, _: &DefinedNode<'pr>) {}

    fn visit_post_execution_node(&mut self, node: &PostExecutionNode<'pr>) {
        self.within(Under::AtExit, &node.location(), |walk| ruby_prism::visit_post_execution_node(walk, node));
    }

    fn visit_instance_variable_read_node(&mut self, node: &InstanceVariableReadNode<'pr>) {
        // Puma's own: all settings end in the first, and the second can be told anything.
        let name = node.name();
        if matches!(name.as_slice(), b"@options" | b"@config") {
            self.see(node.location().start() as usize, Why::Unseen { what: readable(name.as_slice()) });
        }
    }

    fn visit_string_node(&mut self, node: &StringNode<'pr>) {
        self.heredoc(node.opening_loc(), node.closing_loc());
    }

    fn visit_x_string_node(&mut self, node: &XStringNode<'pr>) {
        self.heredoc(Some(node.opening_loc()), Some(node.closing_loc()));
    }

    fn visit_interpolated_string_node(&mut self, node: &InterpolatedStringNode<'pr>) {
        self.heredoc(node.opening_loc(), node.closing_loc());
        self.deeper(|walk| ruby_prism::visit_interpolated_string_node(walk, node));
    }

    fn visit_interpolated_x_string_node(&mut self, node: &InterpolatedXStringNode<'pr>) {
        self.heredoc(Some(node.opening_loc()), Some(node.closing_loc()));
        self.deeper(|walk| ruby_prism::visit_interpolated_x_string_node(walk, node));
    }

    fn visit_parentheses_node(&mut self, node: &ParenthesesNode<'pr>) {
        self.deeper(|walk| ruby_prism::visit_parentheses_node(walk, node));
    }

    bounded! {
        visit_alias_global_variable_node(AliasGlobalVariableNode),
        visit_alternation_pattern_node(AlternationPatternNode),
        visit_arguments_node(ArgumentsNode),
        visit_array_node(ArrayNode),
        visit_array_pattern_node(ArrayPatternNode),
        visit_assoc_node(AssocNode),
        visit_assoc_splat_node(AssocSplatNode),
        visit_block_argument_node(BlockArgumentNode),
        visit_block_node(BlockNode),
        visit_block_parameters_node(BlockParametersNode),
        visit_break_node(BreakNode),
        visit_call_and_write_node(CallAndWriteNode),
        visit_call_operator_write_node(CallOperatorWriteNode),
        visit_call_or_write_node(CallOrWriteNode),
        visit_call_target_node(CallTargetNode),
        visit_capture_pattern_node(CapturePatternNode),
        visit_class_variable_and_write_node(ClassVariableAndWriteNode),
        visit_class_variable_operator_write_node(ClassVariableOperatorWriteNode),
        visit_class_variable_or_write_node(ClassVariableOrWriteNode),
        visit_class_variable_write_node(ClassVariableWriteNode),
        visit_constant_and_write_node(ConstantAndWriteNode),
        visit_constant_operator_write_node(ConstantOperatorWriteNode),
        visit_constant_or_write_node(ConstantOrWriteNode),
        visit_constant_path_and_write_node(ConstantPathAndWriteNode),
        visit_constant_path_node(ConstantPathNode),
        visit_constant_path_operator_write_node(ConstantPathOperatorWriteNode),
        visit_constant_path_or_write_node(ConstantPathOrWriteNode),
        visit_constant_path_target_node(ConstantPathTargetNode),
        visit_constant_path_write_node(ConstantPathWriteNode),
        visit_constant_write_node(ConstantWriteNode),
        visit_else_node(ElseNode),
        visit_embedded_statements_node(EmbeddedStatementsNode),
        visit_embedded_variable_node(EmbeddedVariableNode),
        visit_ensure_node(EnsureNode),
        visit_error_recovery_node(ErrorRecoveryNode),
        visit_find_pattern_node(FindPatternNode),
        visit_flip_flop_node(FlipFlopNode),
        visit_forwarding_super_node(ForwardingSuperNode),
        visit_global_variable_and_write_node(GlobalVariableAndWriteNode),
        visit_global_variable_operator_write_node(GlobalVariableOperatorWriteNode),
        visit_global_variable_or_write_node(GlobalVariableOrWriteNode),
        visit_global_variable_write_node(GlobalVariableWriteNode),
        visit_hash_node(HashNode),
        visit_hash_pattern_node(HashPatternNode),
        visit_imaginary_node(ImaginaryNode),
        visit_implicit_node(ImplicitNode),
        visit_in_node(InNode),
        visit_index_and_write_node(IndexAndWriteNode),
        visit_index_operator_write_node(IndexOperatorWriteNode),
        visit_index_or_write_node(IndexOrWriteNode),
        visit_index_target_node(IndexTargetNode),
        visit_instance_variable_and_write_node(InstanceVariableAndWriteNode),
        visit_instance_variable_operator_write_node(InstanceVariableOperatorWriteNode),
        visit_instance_variable_or_write_node(InstanceVariableOrWriteNode),
        visit_instance_variable_write_node(InstanceVariableWriteNode),
        visit_interpolated_match_last_line_node(InterpolatedMatchLastLineNode),
        visit_interpolated_regular_expression_node(InterpolatedRegularExpressionNode),
        visit_interpolated_symbol_node(InterpolatedSymbolNode),
        visit_keyword_hash_node(KeywordHashNode),
        visit_local_variable_and_write_node(LocalVariableAndWriteNode),
        visit_local_variable_operator_write_node(LocalVariableOperatorWriteNode),
        visit_local_variable_or_write_node(LocalVariableOrWriteNode),
        visit_local_variable_write_node(LocalVariableWriteNode),
        visit_match_predicate_node(MatchPredicateNode),
        visit_match_required_node(MatchRequiredNode),
        visit_match_write_node(MatchWriteNode),
        visit_multi_target_node(MultiTargetNode),
        visit_multi_write_node(MultiWriteNode),
        visit_next_node(NextNode),
        visit_optional_keyword_parameter_node(OptionalKeywordParameterNode),
        visit_optional_parameter_node(OptionalParameterNode),
        visit_parameters_node(ParametersNode),
        visit_pinned_expression_node(PinnedExpressionNode),
        visit_pinned_variable_node(PinnedVariableNode),
        visit_pre_execution_node(PreExecutionNode),
        visit_range_node(RangeNode),
        visit_rescue_node(RescueNode),
        visit_shareable_constant_node(ShareableConstantNode),
        visit_singleton_class_node(SingletonClassNode),
        visit_splat_node(SplatNode),
        visit_super_node(SuperNode),
        visit_undef_node(UndefNode),
        visit_when_node(WhenNode),
        visit_yield_node(YieldNode),
    }
}
